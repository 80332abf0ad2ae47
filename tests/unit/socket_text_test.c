/* Ages and numbers, as tables have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "socket_text.h"

static void ages(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *expected;
    } rows[] = {
        {0, "0s"},          {999, "0s"},       {99999, "99s"},
        {100000, "1m"},     {5999999, "99m"},  {6000000, "1h"},
        {172799999, "47h"}, {172800000, "2d"}, {8640000000000, "100000d"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *words = age_text(rows[i].ms);
        assert_string_equal(words, rows[i].expected);
        free(words);
    }
}

static void numbers(void **state)
{
    (void)state;
    static const int fds[FDS_MAX] = {3, 7, 11, 12, 13, 14, 15, 16};
    static const struct {
        size_t count;
        const char *expected;
    } rows[] = {
        {0, "-"},
        {1, "3"},
        {2, "3,7"},
        {FDS_MAX, "3,7,11,12,13,14,15,16"},
        {FDS_MAX + 1, "3,7,11,12,13,14,15,16,.."},
        {1000, "3,7,11,12,13,14,15,16,.."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *words = numbers_text(fds, rows[i].count);
        assert_string_equal(words, rows[i].expected);
        free(words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ages), cmocka_unit_test(numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
