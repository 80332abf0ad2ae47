/* Event lines: both formats, escaping, numbers, addresses, and what happens at the end of the room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "line.h"

/* 2026-01-31T09:00:00.123Z */
static const int64_t wall_clock = 1769850000123;

static const char *finished(struct line *line)
{
    line_end(line);
    line->text[line->length] = '\0';
    return line->text;
}

static void text(void **state)
{
    (void)state;
    struct line line;
    line_begin(&line, FORMAT_TEXT, "leak", wall_clock);
    line_number(&line, "pid", 812);
    line_string(&line, "exe", "python3");
    line_seconds(&line, "open_s", 34249);
    line_seconds(&line, "early_s", -5);
    line_cookie(&line, "cookie", 0x1a7);
    line_true(&line, "shared");
    assert_string_equal(
        finished(&line),
        "waitclose: leak pid=812 exe=python3 open_s=34.2 early_s=0.0 cookie=0x1a7 shared=true\n");
}

static void json(void **state)
{
    (void)state;
    struct line line;
    const char *stack[] = {"a+0x1", "b\"+0x2"};
    line_begin(&line, FORMAT_JSON, "leak", wall_clock);
    line_number(&line, "pid", UINT64_MAX);
    line_string(&line, "exe", "python3");
    line_seconds(&line, "open_s", 34200);
    line_list(&line, "stack", stack, 2);
    line_cookie(&line, "cookie", 0);
    assert_string_equal(finished(&line), "{\"time\":\"2026-01-31T09:00:00.123Z\",\"event\":\"leak\","
                                         "\"pid\":18446744073709551615,\"exe\":\"python3\",\"open_s\":34.2,"
                                         "\"stack\":[\"a+0x1\",\"b\\\"+0x2\"],\"cookie\":\"0x0\"}\n");
}

static void times(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *expected;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {951782399999, "2000-02-28T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {1709164800000, "2024-02-29T00:00:00.000Z"},
        {1798761599001, "2026-12-31T23:59:59.001Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct line line;
        line_begin(&line, FORMAT_JSON, "x", rows[i].ms);
        assert_memory_equal(line.text + strlen("{\"time\":\""), rows[i].expected, strlen(rows[i].expected));
    }
}

static void escaping(void **state)
{
    (void)state;
    static const struct {
        const char *value, *text, *json;
    } rows[] = {
        {"plain", "plain", "\"plain\""},
        {"", "\"\"", "\"\""},
        {"two words", "\"two words\"", "\"two words\""},
        {"a=b", "\"a=b\"", "\"a=b\""},
        {"a,b", "\"a,b\"", "\"a,b\""}, /* in a list it would be two */
        {"quo\"te", "\"quo\\\"te\"", "\"quo\\\"te\""},
        {"back\\slash", "\"back\\\\slash\"", "\"back\\\\slash\""},
        {"new\nline", "\"new\\x0aline\"", "\"new\\u000aline\""},
        {"\x1b[31m", "\"\\x1b[31m\"", "\"\\u001b[31m\""},
        {"\x7f", "\"\\x7f\"", "\"\\u007f\""},
        {"caf\xc3\xa9", "\"caf\xc3\xa9\"", "\"caf\xc3\xa9\""},
        {"bad\xff", "\"bad\\xff\"", "\"bad\\u00ff\""},
        {"cut\xe2\x82", "\"cut\\xe2\\x82\"", "\"cut\\u00e2\\u0082\""},
        {"\xc0\xaf", "\"\\xc0\\xaf\"", "\"\\u00c0\\u00af\""},                 /* overlong */
        {"\xed\xa0\x80", "\"\\xed\\xa0\\x80\"", "\"\\u00ed\\u00a0\\u0080\""}, /* a surrogate */
        {"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"", "\"\xf0\x9f\x98\x80\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char expected[128];
        struct line line;
        line_begin(&line, FORMAT_TEXT, "x", 0);
        line_string(&line, "k", rows[i].value);
        strcpy(expected, "waitclose: x k=");
        strcat(expected, rows[i].text);
        strcat(expected, "\n");
        assert_string_equal(finished(&line), expected);
        line_begin(&line, FORMAT_JSON, "x", 0);
        line_string(&line, "k", rows[i].value);
        strcpy(expected, "\"k\":");
        strcat(expected, rows[i].json);
        strcat(expected, "}\n");
        assert_string_equal(strstr(finished(&line), "\"k\":"), expected);
    }
}

static void addresses(void **state)
{
    (void)state;
    static const struct {
        struct address address;
        const char *expected;
    } rows[] = {
        {{.family = ADDRESS_NONE}, "?"},
        {{.family = ADDRESS_IPV4, .bytes = {127, 0, 0, 1}, .port = 35954}, "127.0.0.1:35954"},
        {{.family = ADDRESS_IPV6, .bytes = {[15] = 1}, .port = 443}, "[::1]:443"},
        {{.family = ADDRESS_IPV6, .port = 0}, "[::]:0"},
        {{.family = ADDRESS_IPV6, .bytes = {0x20, 1, 0xd, 0xb8, [15] = 1}, .port = 1}, "[2001:db8::1]:1"},
        {{.family = ADDRESS_IPV6, .bytes = {0xfe, 0x80}, .port = 1}, "[fe80::]:1"},
        /* one group of zeros is not shortened, of two runs the longer is (RFC 5952) */
        {{.family = ADDRESS_IPV6, .bytes = {0, 1, 0, 2, 0, 0, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7}, .port = 1},
         "[1:2:0:3:4:5:6:7]:1"},
        {{.family = ADDRESS_IPV6, .bytes = {0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3}, .port = 1},
         "[1:0:0:2::3]:1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[LINE_ADDRESS_MAX];
        assert_int_equal(line_format_address(text, &rows[i].address), strlen(rows[i].expected));
        assert_string_equal(text, rows[i].expected);
    }
}

/* A line never grows beyond one atomic write, and stays whole JSON: what does not fit is left out. */
static void overflow(void **state)
{
    (void)state;
    char long_value[LINE_MAX + 100];
    const char *many[2000];
    struct line line;
    memset(long_value, 'x', sizeof long_value - 1);
    long_value[sizeof long_value - 1] = '\0';
    for (size_t i = 0; i < 2000; i++)
        many[i] = "module+0x1234";
    line_begin(&line, FORMAT_JSON, "x", 0);
    line_string(&line, "too_long", long_value);
    line_number(&line, "fits", 1);
    line_list(&line, "stack", many, 2000);
    line_cookie(&line, "cookie", UINT64_MAX);
    line_string(&line, "no_room", long_value + 500);
    const char *text = finished(&line);
    assert_true(line.length <= LINE_MAX);
    assert_null(strstr(text, "too_long"));
    assert_non_null(strstr(text, "\"fits\":1,\"stack\":[\"module+0x1234\","));
    const char *end = "4\"],\"cookie\":\"0xffffffffffffffff\"}\n";
    assert_string_equal(text + strlen(text) - strlen(end), end);
}

/* Behind a stack that is cut there is room for all that an event of a leak has there. */
static void after_a_list(void **state)
{
    (void)state;
    const char *many[100];
    char frame[] = "libpython3.11.so.1.0-and-a-name-that-is-longer+0x123456789abcdef";
    for (size_t i = 0; i < 100; i++)
        many[i] = frame;
    for (size_t cut = 0; cut < 64; cut++) { /* the last that fits ends anywhere */
        struct line line;
        char exe[80] = {0};
        memset(exe, 'x', cut + 1);
        line_begin(&line, FORMAT_JSON, "leak", 0);
        line_string(&line, "exe", exe);
        line_list(&line, "stack", many, 100);
        line_string(&line, "site_build", "0123456789abcdef0123456789abcdef01234567");
        line_true(&line, "tls_close_notify");
        line_true(&line, "dead_on_accept");
        line_true(&line, "shared");
        line_cookie(&line, "cookie", UINT64_MAX);
        const char *text = finished(&line);
        assert_true(line.length <= LINE_MAX);
        const char *end = "f\"],\"site_build\":\"0123456789abcdef0123456789abcdef01234567\","
                          "\"tls_close_notify\":true,\"dead_on_accept\":true,\"shared\":true,"
                          "\"cookie\":\"0xffffffffffffffff\"}\n";
        assert_string_equal(text + strlen(text) - strlen(end), end);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text),         cmocka_unit_test(json),      cmocka_unit_test(times),
        cmocka_unit_test(escaping),     cmocka_unit_test(addresses), cmocka_unit_test(overflow),
        cmocka_unit_test(after_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
