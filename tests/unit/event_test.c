/* Event lines are read as they are written, in both formats; what is no event, or not all of one, is told
 * apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "event.h"
#include "line.h"

static struct event event;
static char room[EVENT_LINE_MAX + 8];

static enum event_kind read_bytes(const char *bytes, size_t length)
{
    memcpy(room, bytes, length);
    return event_read(&event, room, length);
}

static enum event_kind read_line(const char *line)
{
    return read_bytes(line, strlen(line));
}

/* Written by the library's own code. */
static enum event_kind read_written(enum log_format format, const char *exe)
{
    struct line line;
    const char *stack[] = {"a b+0x1", "c,d+0x2", "e\"f\\+0x3"};

    line_begin(&line, format, "leak", 1769850000123);
    line_number(&line, "pid", 812);
    line_string(&line, "exe", exe);
    line_string(&line, "cause", "eof-unread");
    line_seconds(&line, "open_s", 34200);
    line_string(&line, "site", "a b+0x1");
    line_list(&line, "stack", stack, 3);
    line_string(&line, "site_build", "3f2a");
    line_true(&line, "dead_on_accept");
    line_cookie(&line, "cookie", 0x1a7);
    line_end(&line);
    return read_bytes(line.text, line.length - 1);
}

static void as_written(void **state)
{
    (void)state;
    static const char *const names[] = {"python3",     "a b", "=", "\"\\", "\x1b[31m\n",
                                        "caf\xc3\xa9", ",",   "",  "\\x41"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (enum log_format format = FORMAT_TEXT; format <= FORMAT_JSON; format++) {
            bool has_name = *names[i] != '\0';
            assert_int_equal(read_written(format, names[i]), has_name ? EVENT_LEAK : EVENT_TORN);
            assert_string_equal(event.exe, names[i]);
            assert_string_equal(event.cause, "eof-unread");
            assert_string_equal(event.site, "a b+0x1");
            assert_string_equal(event.site_build, "3f2a");
            assert_string_equal(event.reader, "");
            assert_string_equal(event.stack, "a b+0x1\nc,d+0x2\ne\"f\\+0x3");
            assert_int_equal(event.pid, 812);
            assert_int_equal(event.cookie, 0x1a7);
            assert_int_equal(event.time, format == FORMAT_TEXT ? -1 : 1769850000123);
            assert_true(event.dead_on_accept);
            assert_false(event.shared);
        }
    }
}

static void kinds(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum event_kind kind;
    } rows[] = {
        {"", EVENT_NONE},
        {"waitclose: ", EVENT_NONE},
        {"waitclose: WAITCLOSE:1:7: unknown key 'gracee'", EVENT_NONE},
        {"waitclose: leaks pid=1", EVENT_NONE},
        {" waitclose: leak pid=1 exe=a cause=c cookie=0x1", EVENT_NONE},
        {"waitclose: leak", EVENT_TORN},
        {"waitclose: leak pid=1 exe=a cause=c", EVENT_TORN},
        {"waitclose: leak pid=1 exe=a cause=c cookie=", EVENT_TORN},
        {"waitclose: leak pid=1 exe=a cause=c coo", EVENT_TORN},
        {"waitclose: leak pid=1 exe=\"a cause=c cookie=0x1", EVENT_TORN},
        {"waitclose: leak pid=1 waitclose: leak pid=1 exe=a cause=c cookie=0x1", EVENT_TORN},
        {"waitclose: leak pid=1 exe=a cause=c cookie=0x1", EVENT_LEAK},
        {"waitclose: leak pid=1 exe=a cause=c new=1 cookie=0x1", EVENT_LEAK},
        {"waitclose: healed pid=1 exe=a cause=c cookie=0x1", EVENT_HEALED},
        {"waitclose: action pid=1 exe=a cause=c cookie=0x1", EVENT_TORN},
        {"waitclose: action pid=1 exe=a action=close result=ok cookie=0x1", EVENT_ACTION},
        {"waitclose: backlog pid=1 exe=a", EVENT_BACKLOG},
        {"waitclose: summary pid=1 exe=a sockets=1 leaks=1", EVENT_TORN},
        {"waitclose: summary pid=1 exe=a acted=0", EVENT_SUMMARY},
        {"{", EVENT_NONE},
        {"{}", EVENT_NONE},
        {"{\"event\":\"leak\"}", EVENT_NONE},
        {"{\"event\":7,\"time\":{}}", EVENT_NONE},
        {"{\"time\":\"2026-01-31T09:00:00.123Z\",\"event\":\"leak\",\"pid\":", EVENT_TORN},
        {"{\"time\":\"2026-01-31T09:00:00.123Z\",\"event\":\"leak\",\"pid\":1}", EVENT_TORN},
        {"{\"time\":\"t\",\"event\":\"leak\",\"pid\":-1,\"exe\":\"a\",\"cause\":\"c\",\"cookie\":\"0x1\"}",
         EVENT_TORN},
        {"{\"time\":\"t\",\"event\":\"leak\",\"pid\":1,\"exe\":\"a\",\"cause\":\"c\",\"cookie\":\"0x1\"}",
         EVENT_LEAK},
        {"{ \"pid\": 1, \"exe\": \"a\", \"acted\": 0, \"event\": \"summary\", \"time\": \"t\" }",
         EVENT_SUMMARY},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (read_line(rows[i].line) != rows[i].kind)
            fail_msg("%s: %d, expected %d", rows[i].line, event.kind, rows[i].kind);
}

static void times(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        int64_t time;
    } rows[] = {
        {"1970-01-01T00:00:00.000Z", 0},    {"2026-01-31T09:00:00.123Z", 1769850000123},
        {"2026-01-31T09:00:00Z", -1},       {"2026-01-31T09:00:00.12Z", -1},
        {"2026-01-31T09:00:00.123+01", -1}, {"yesterday", -1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[200];
        snprintf(line, sizeof line, "{\"time\":\"%s\",\"event\":\"backlog\",\"pid\":1}", rows[i].words);
        assert_int_equal(read_line(line), EVENT_BACKLOG);
        assert_int_equal(event.time, rows[i].time);
    }
}

static void long_lines(void **state)
{
    (void)state;
    static char line[EVENT_LINE_MAX + 2];
    const char *start = "waitclose: backlog pid=1 exe=";
    memset(line, 'x', sizeof line);
    memcpy(line, start, strlen(start));
    assert_int_equal(read_bytes(line, EVENT_LINE_MAX), EVENT_BACKLOG);
    assert_int_equal(strlen(event.exe), EVENT_LINE_MAX - strlen(start));
    assert_int_equal(read_bytes(line, EVENT_LINE_MAX + 1), EVENT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_written),
        cmocka_unit_test(kinds),
        cmocka_unit_test(times),
        cmocka_unit_test(long_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
