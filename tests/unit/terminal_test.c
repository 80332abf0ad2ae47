/* Tables and what they hold, where standard output is no terminal: plain, whole and escaped. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "json.h"
#include "printable.h"
#include "terminal.h"

static const struct column columns[] = {
    {"Name", false, true},
    {"Count", true, false},
    {"Rest", false, true},
};

static char *contents;
static size_t size;

static void assert_printed(const struct table *table, const char *expected)
{
    FILE *out = open_memstream(&contents, &size);
    table_print(table, out);
    fclose(out);
    assert_string_equal(contents, expected);
    free(contents);
}

static void cells(struct table *table, const char *name, int count, const char *rest)
{
    table_cell(table, STYLE_BAD, "%s", name);
    table_cell(table, STYLE_PLAIN, "%d", count);
    table_cell(table, STYLE_FAINT, "%s", rest);
}

static void tables(void **state)
{
    (void)state;
    struct table *table = table_start(columns, 3);
    assert_printed(table, "");
    cells(table, "a name longer than its column's", 1, "x");
    table_heading(table, STYLE_HEADING, "between %d rows, and of no width", 2);
    cells(table, "", 1234567, "");
    assert_printed(table, "Name                              Count Rest\n"
                          "a name longer than its column's       1 x\n"
                          "between 2 rows, and of no width\n"
                          "                                1234567 \n");
    table_end(table);
}

/* Names give way down to eight columns, and so do cells that may be cut. */
static void narrowest(void **state)
{
    (void)state;
    static const struct column three[] = {
        {"Name", false, true}, {"Local Address:Port", false, false}, {"n", true, false}};
    struct table *table = table_start(three, 3);
    cells(table, "much longer than its column", 12345678, "123");
    assert_int_equal(table_narrowest(table), 8 + 1 + 8 + 1 + 3);
    cells(table, "", 1234567890, "");
    assert_int_equal(table_narrowest(table), 8 + 1 + 10 + 1 + 3);
    table_end(table);
}

static void wide_characters_stay_in_line(void **state)
{
    (void)state;
    struct table *table = table_start(columns, 2);
    table_cell(table, STYLE_PLAIN, "\u6f22\u5b57");
    table_cell(table, STYLE_PLAIN, "1");
    table_cell(table, STYLE_PLAIN, "\u00e9\u00e9\u00e9\u00e9");
    table_cell(table, STYLE_PLAIN, "2");
    assert_printed(table, "Name Count\n"
                          "\u6f22\u5b57     1\n"
                          "\u00e9\u00e9\u00e9\u00e9     2\n");
    table_end(table);
}

static char *made_printable(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    char *words = printable(format, values);
    va_end(values);
    return words;
}

static void escapes(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *printed;
    } cases[] = {
        {"", ""},
        {"plain ~", "plain ~"},
        {"\033[31m", "\\x1b[31m"},
        {"a\nb\177", "a\\x0ab\\x7f"},
        {"\u00e9", "\u00e9"},
        {"\xe9", "\\xe9"},          /* Latin-1 */
        {"\xe6\xbc", "\\xe6\\xbc"}, /* cut short */
        {"\xc2\x9b"
         "31m",
         "\\xc2\\x9b"
         "31m"}, /* the other way to write ESC [ */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *words = made_printable("%s", cases[i].raw);
        assert_string_equal(words, cases[i].printed);
        free(words);
    }
}

static void fitting(void **state)
{
    (void)state;
    assert_int_equal(printable_width("ab\u6f22\u00e9"), 5);
    assert_int_equal(printable_fit("abc", 2), 2);
    assert_int_equal(printable_fit("abc", 3), 3);
    assert_int_equal(printable_fit("abc", 9), 3);
    assert_int_equal(printable_fit("\u6f22\u5b57", 3), 3); /* half a character is none */
    assert_int_equal(printable_fit("e\u0301x", 1), 3);     /* an accent of its own goes with its letter */
}

static void json(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *printed;
    } cases[] = {
        {"", "\"\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\n\x7f", "\"\\u000a\\u007f\""},
        {"\u00e9\xe9.", "\"\u00e9\\u00e9.\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        FILE *out = open_memstream(&contents, &size);
        json_string(out, cases[i].raw);
        fclose(out);
        assert_string_equal(contents, cases[i].printed);
        free(contents);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables),
        cmocka_unit_test(narrowest),
        cmocka_unit_test(wide_characters_stay_in_line),
        cmocka_unit_test(escapes),
        cmocka_unit_test(fitting),
        cmocka_unit_test(json),
    };
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
