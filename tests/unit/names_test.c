/* Every cause and direction has the name that CONTRACT gives it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "waitclose/cause.h"

static void causes(void **state)
{
    static const char *const names[CAUSES] = {
        [CAUSE_NONE] = "none",
        [CAUSE_EOF_IGNORED] = "eof-ignored",
        [CAUSE_EOF_UNREAD] = "eof-unread",
        [CAUSE_DATA_UNREAD] = "data-unread",
        [CAUSE_ERROR_IGNORED] = "error-ignored",
        [CAUSE_RESET_UNREAD] = "reset-unread",
        [CAUSE_SHUTDOWN_UNCLOSED] = "shutdown-unclosed",
        [CAUSE_IDLE] = "idle",
    };

    (void)state;
    for (enum cause cause = CAUSE_NONE; cause < CAUSES; cause++)
        assert_string_equal(cause_name(cause), names[cause]);
    assert_string_equal(cause_name(CAUSES), "none");
}

static void directions(void **state)
{
    (void)state;
    assert_string_equal(direction_name(DIRECTION_UNKNOWN), "unknown");
    assert_string_equal(direction_name(DIRECTION_IN), "in");
    assert_string_equal(direction_name(DIRECTION_OUT), "out");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(causes),
        cmocka_unit_test(directions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
