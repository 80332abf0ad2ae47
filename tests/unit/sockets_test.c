/* The watcher's memory: suspects by cookie and by due time, against a plain array as the model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sockets.h"

enum { COOKIES = 3000, STEPS = 200000 };

static void numbers(void **state)
{
    (void)state;
    assert_true(sockets_open(1000));
    assert_int_equal(sockets_end(), 0);
    sockets_set(7, 0x1000000ab, 4);
    assert_int_equal(sockets_cookie(7), 0x1000000ab);
    assert_int_equal(sockets_generation(7), 4);
    assert_int_equal(sockets_end(), 8);
    assert_int_equal(sockets_holder(0x1000000ab), 7);
    assert_int_equal(sockets_holder_of_half(0xab), 7);
    assert_int_equal(sockets_holder(0xab), -1);
    assert_int_equal(sockets_cookie(-1), 0);
    assert_int_equal(sockets_cookie(1 << 30), 0);
    sockets_set(1 << 30, 1, 1);
    assert_true(sockets_open(1000)); /* empties */
    assert_int_equal(sockets_cookie(7), 0);
}

/* Random makes and drops; afterwards and on the way, the table holds just what the model holds. */
static void suspects_follow_the_model(void **state)
{
    (void)state;
    static bool model[COOKIES + 1];
    uint32_t held = 0;
    srand(1);
    assert_true(sockets_open(1000));
    for (int step = 0; step < STEPS; step++) {
        uint64_t cookie = 1 + (uint64_t)rand() % COOKIES;
        struct suspect *suspect = suspects_find(cookie);
        assert_int_equal(suspect != NULL, model[cookie]);
        if (!suspect) {
            suspect = suspects_make(cookie);
            assert_non_null(suspect);
            assert_int_equal(suspect->cookie, cookie);
            suspects_set_due(suspect, (int64_t)cookie);
            held++;
        } else if (rand() % 2) {
            suspects_drop(suspect);
            held--;
        } else {
            continue;
        }
        model[cookie] = !model[cookie];
        assert_int_equal(suspects_count(SUSPECT_WATCHED), held);
    }
    uint32_t met = 0;
    struct suspect *suspect;
    for (uint32_t position = 0; (suspect = suspects_next_due(&position, COOKIES / 2)); met++)
        assert_true(suspect->cookie <= COOKIES / 2 && model[suspect->cookie]);
    for (uint64_t cookie = 1; cookie <= COOKIES / 2; cookie++)
        met -= model[cookie];
    assert_int_equal(met, 0);
}

static void states(void **state)
{
    (void)state;
    assert_true(sockets_open(1000));
    struct suspect *one = suspects_make(1);
    suspects_make(2);
    one = suspects_find(1);
    suspects_set_state(one, SUSPECT_LOST);
    assert_int_equal(suspects_count(SUSPECT_LOST), 1);
    assert_int_equal(suspects_count(SUSPECT_WATCHED), 1);
    uint32_t position = 0;
    assert_ptr_equal(suspects_next(&position, SUSPECT_LOST), one);
    assert_null(suspects_next(&position, SUSPECT_LOST));
    suspects_drop(one);
    assert_null(suspects_find(1));
    assert_non_null(suspects_find(2));
    assert_int_equal(suspects_count(SUSPECT_LOST), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(suspects_follow_the_model),
        cmocka_unit_test(states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
