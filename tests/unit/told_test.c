/* What hints tell the verdict, by table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "told.h"

static const int64_t NOW = (5LL << 32) + 100; /* the low half has just begun anew */

static void moments(void **state)
{
    (void)state;
    static const struct {
        uint32_t low;
        int64_t expected;
    } rows[] = {{100, NOW}, {40, NOW - 60}, {UINT32_MAX, NOW - 101}, {101, NOW + 1 - (1LL << 32)}};
    const struct facts facts = {.now = NOW};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct hint_copy hint = {.born = rows[i].low, .eof_at = rows[i].low, .flags = HINT_BORN};
        struct told told = told_from(&hint, &facts);
        assert_int_equal(told.born, rows[i].expected);
        assert_int_equal(told.eof_at, rows[i].expected);
    }
}

static void flags(void **state)
{
    (void)state;
    const struct facts facts = {.now = NOW, .direction = DIRECTION_OUT};
    struct hint_copy hint = {.flags = HINT_TOLD_EOF | HINT_SHUT | HINT_IN, .reader = 1, .born = 7};
    struct told told = told_from(&hint, &facts);
    assert_true(told.eof && told.shut && told.reads_seen && !told.error);
    assert_int_equal(told.direction, DIRECTION_IN);
    assert_int_equal(told.born, 0); /* no hook saw it */
    hint = (struct hint_copy){.flags = HINT_TOLD_ERROR};
    told = told_from(&hint, &facts);
    assert_true(told.error && !told.eof && !told.shut && !told.reads_seen);
    assert_int_equal(told.direction, DIRECTION_OUT);
}

/* The latest end that was read under any number counts; what was told under one stays told. */
static void twins(void **state)
{
    (void)state;
    struct told told = {.shut = true};
    struct hint_copy twin = {.flags = HINT_TOLD_EOF, .eof_at = 90};
    told_add(&told, &twin, NOW);
    assert_true(told.eof && told.shut && !told.reads_seen);
    assert_int_equal(told.eof_at, NOW - 10);
    twin = (struct hint_copy){.flags = HINT_TOLD_EOF | HINT_TOLD_ERROR, .eof_at = 50, .reader = 1};
    told_add(&told, &twin, NOW);
    assert_int_equal(told.eof_at, NOW - 10);
    assert_true(told.error && told.reads_seen);
    twin = (struct hint_copy){.flags = HINT_TOLD_EOF, .eof_at = 95};
    told_add(&told, &twin, NOW);
    assert_int_equal(told.eof_at, NOW - 5);
}

static void another(void **state)
{
    (void)state;
    static const struct {
        uint8_t flags;
        enum direction direction;
        bool expected;
    } rows[] = {
        {HINT_IN, DIRECTION_OUT, true},       {HINT_OUT, DIRECTION_IN, true},
        {HINT_IN, DIRECTION_IN, false},       {HINT_OUT, DIRECTION_OUT, false},
        {HINT_OUT, DIRECTION_UNKNOWN, false}, {0, DIRECTION_IN, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct hint_copy hint = {.flags = rows[i].flags};
        const struct facts facts = {.direction = rows[i].direction};
        assert_int_equal(told_of_another(&hint, &facts), rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments),
        cmocka_unit_test(flags),
        cmocka_unit_test(twins),
        cmocka_unit_test(another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
