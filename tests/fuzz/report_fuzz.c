/*
 * Any bytes as what comes from outside: the program's name, and the names of the modules in it. Whatever they
 * are, an event is one line, of printable UTF-8, no longer than one atomic write; and who reads it back finds
 * what was reported.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bare.h"
#include "event.h"
#include "line.h"
#include "log.h"
#include "report.h"
#include "site.h"

enum { WALL_CLOCK = 123456789, MODULES = 4, NAME_ROOM = 512, WORDS_MAX = 1 << 14 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BUILD "d5f1f94c3d6a4e0db4b8ba2d8a9d2f9d9b1e4a27"

static char line[LINE_MAX + 1];
static size_t line_length;
static char modules[MODULES][SITE_NAME_MAX];

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "report_fuzz: %s\n%.*s\n", what, (int)line_length, line);
    abort();
}

/* In place of what the library has around report.c: the clock, the process, the modules, and the log. */
int64_t bare_wall_clock(void)
{
    return WALL_CLOCK;
}

int bare_process(void)
{
    return 812;
}

void site_name(uintptr_t address, char text[SITE_NAME_MAX])
{
    memcpy(text, modules[address % MODULES], SITE_NAME_MAX);
}

void site_build(uintptr_t address, char text[SITE_BUILD_MAX])
{
    (void)address;
    strcpy(text, BUILD);
}

enum log_result log_write(const char *text, size_t size)
{
    require(size <= 4096, "longer than one atomic write");
    memcpy(line, text, size);
    line_length = size;
    return LOG_WRITTEN;
}

/* A line: no control character but its end, and whole sequences of UTF-8. */
static void check_line(void)
{
    require(line_length > 0 && line[line_length - 1] == '\n', "a line that does not end");
    line[line_length - 1] = '\0';
    require(strlen(line) == line_length - 1, "a NUL in the line");
    for (const char *at = line; *at;) {
        size_t sequence = (unsigned char)*at < 0x80 ? 1 : line_utf8_length(at);
        require(sequence > 0, "not UTF-8");
        require(*at >= ' ' || (unsigned char)*at >= 0x80, "a control character");
        require(*at != 0x7f, "a control character");
        at += sequence;
    }
}

/* JSON knows no bytes: one that is not UTF-8 is read back as the character of that number. */
static void as_json_has_it(char *to, const char *text)
{
    while (*text) {
        size_t sequence = (unsigned char)*text < 0x80 ? 1 : line_utf8_length(text);
        if (sequence) {
            memcpy(to, text, sequence);
            to += sequence;
            text += sequence;
        } else {
            *to++ = (char)(0xc0 | (unsigned char)*text >> 6);
            *to++ = (char)(0x80 | ((unsigned char)*text++ & 0x3f));
        }
    }
    *to = '\0';
}

/* What does not fit whole is left out. */
static void check_word(const char *read, const char *reported, enum log_format format, const char *what)
{
    char expected[WORDS_MAX];
    if (format == FORMAT_JSON)
        as_json_has_it(expected, reported);
    else
        strcpy(expected, reported);
    require(!*read || strcmp(read, expected) == 0, what);
}

/* The frames that fit, in their order. */
static void check_stack(const char *read, const struct hint_copy *hint, enum log_format format)
{
    char frames[WORDS_MAX] = "", expected[WORDS_MAX];
    for (unsigned i = 0; i < hint->stack_size; i++) {
        strcat(frames, i ? "\n" : "");
        strcat(frames, modules[hint->stack[i] % MODULES]);
    }
    if (format == FORMAT_JSON)
        as_json_has_it(expected, frames);
    else
        strcpy(expected, frames);
    require(strncmp(read, expected, strlen(read)) == 0, "another stack");
}

static void check_leak(enum log_format format, const char *exe, const struct hint_copy *hint)
{
    struct event event;
    bool told = strlen(exe) < NAME_ROOM && *exe; /* longer ones may not fit, and an empty one is no event's */
    enum event_kind kind = event_read(&event, line, strlen(line));
    require(kind == EVENT_LEAK || (kind == EVENT_TORN && !told), "not read back");
    if (kind != EVENT_LEAK)
        return;
    require(event.pid == 812 && event.cookie == 0x1a7, "other numbers");
    require(event.time == (format == FORMAT_JSON ? WALL_CLOCK : -1), "another time");
    require(strcmp(event.cause, "eof-unread") == 0 && strcmp(event.direction, "out") == 0, "another leak");
    require(strcmp(event.peer, "[2001:db8::1]:443") == 0, "another peer");
    check_word(event.exe, exe, format, "another program");
    check_word(event.site, modules[hint->site % MODULES], format, "another site");
    check_word(event.reader, modules[hint->reader % MODULES], format, "another reader");
    check_stack(event.stack, hint, format);
    require(strcmp(event.site_build, hint->stack_size ? BUILD : "") == 0, "another build");
}

static void check_action(enum log_format format, const char *exe)
{
    struct event event;
    if (event_read(&event, line, strlen(line)) != EVENT_ACTION)
        return; /* without a name, or one that did not fit */
    require(strcmp(event.action, "close") == 0 && strcmp(event.result, "EPERM") == 0, "another action");
    check_word(event.exe, exe, format, "another program");
}

/* The next name in the input, up to a NUL. */
static void take_name(char *to, size_t room, const uint8_t **data, size_t *size)
{
    size_t length = 0;
    while (*size && **data && length + 1 < room) {
        to[length++] = (char)*(*data)++;
        --*size;
    }
    to[length] = '\0';
    if (*size) {
        ++*data;
        --*size;
    }
}

/* The first byte: the format, and how many frames the stack has. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char exe[LINE_MAX];
    if (!size)
        return 0;
    struct hint_copy hint = {.site = 1, .reader = 2, .flags = HINT_BORN, .stack_size = *data >> 1 & 31};
    struct process_policy policy = {.format = *data & 1 ? FORMAT_JSON : FORMAT_TEXT,
                                    .stack = hint.stack_size};
    struct address peer = {.family = ADDRESS_IPV6, .port = 443, .bytes = {0x20, 1, 0xd, 0xb8, [15] = 1}};
    struct facts facts = {
        .cookie = 0x1a7, .state = STATE_CLOSE_WAIT, .peer = peer, .tls_close_notify = size & 1};
    struct suspect suspect = {.cookie = 0x1a7, .reported_as = 0x1a7, .number = 4, .cause = CAUSE_EOF_UNREAD};
    struct verdict verdict = {.cause = CAUSE_EOF_UNREAD, .direction = DIRECTION_OUT};
    for (unsigned i = 0; i < hint.stack_size; i++)
        hint.stack[i] = i;
    data++;
    size--;
    take_name(exe, sizeof exe, &data, &size);
    for (int i = 0; i < MODULES; i++)
        take_name(modules[i], sizeof modules[i], &data, &size);
    report_open(&policy, exe);
    report_leak(&facts, &hint, &suspect, &verdict, false);
    check_line();
    check_leak(policy.format, exe, &hint);
    report_action(&suspect, "close", -1);
    check_line();
    check_action(policy.format, exe);
    return 0;
}
