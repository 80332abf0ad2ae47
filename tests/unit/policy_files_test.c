/* @FILE and policy_read_file: files within files, and what can be wrong with one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "waitclose/policy.h"

#define SOCKET_KEYS                                                                                          \
    "action, grace, unread-grace, idle, release, heartbeat, keepalive, user-timeout, linger, fin-timeout, "  \
    "reuseaddr, nodelay, recv-timeout, send-timeout, backlog"

static struct policy policy;
static struct policy_mistake mistake;

/* The files of each test are written in a working directory of their own. */
static int enter_directory(void **state)
{
    static char directory[] = "/tmp/policy_files_test.XXXXXX";

    *state = directory;
    return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int leave_directory(void **state)
{
    const char *const names[] = {"a", "b", "a b", "c", "pipe"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        remove(names[i]);
    return chdir("/") == 0 ? rmdir(*state) : -1;
}

static void write_bytes(const char *name, const char *bytes, size_t length)
{
    FILE *file = fopen(name, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void write_file(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static void must_read(const char *text)
{
    policy_defaults(&policy);
    if (!policy_read(&policy, text, "T", &mistake))
        fail_msg("%s\nrefused: %s", text, mistake.message);
}

static void must_refuse(const char *text, const char *message)
{
    policy_defaults(&policy);
    if (policy_read(&policy, text, "T", &mistake))
        fail_msg("accepted: %s", text);
    assert_string_equal(mistake.message, message);
}

static int64_t grace(enum direction direction)
{
    struct subject subject = {.direction = direction};

    return policy_choose(&policy, &subject).grace;
}

static void a_file_is_read_in_its_place(void **state)
{
    (void)state;
    write_file("a", "grace=2s\r\nlog=/x\r\n# no newline at the end");
    must_read("grace=1s @a");
    assert_int_equal(grace(DIRECTION_IN), 2000);
    assert_string_equal(policy.process.log_path, "/x");
    must_read("@a grace=3s");
    assert_int_equal(grace(DIRECTION_IN), 3000);
    must_read("@a,stack=3;@\"a\"");
    assert_int_equal(policy.process.stack, 3);

    write_file("a b", "grace=4s");
    must_read("@\"a b\"");
    assert_int_equal(grace(DIRECTION_IN), 4000);
    write_file("c", "");
    must_read("@c");
}

/* A file begins outside any section, and its own section ends with it; the section around it goes on. */
static void a_file_and_sections(void **state)
{
    (void)state;
    write_file("a", "grace=2s stack=1 [dir=in] idle=9s");
    must_read("[dir=out] grace=1s @a grace=3s");
    assert_int_equal(policy.process.stack, 1);
    assert_int_equal(grace(DIRECTION_IN), 2000);
    assert_int_equal(grace(DIRECTION_OUT), 3000);
    must_read("[dir=out] grace=1s @a");
    assert_int_equal(grace(DIRECTION_OUT), 2000);
    must_read("@a grace=5s stack=2");
    assert_int_equal(grace(DIRECTION_OUT), 5000);
    must_refuse("[dir=out] @a stack=3",
                "T:1:14: 'stack' inside a section: process keys go before the first section; "
                "expected one of " SOCKET_KEYS);
}

static void places_in_files(void **state)
{
    (void)state;
    write_file("a", "grace=1s\n  grace=x\n");
    write_file("b", "# first\n @a");
    const char *message =
        "a:2:9: 'x' is no value for 'grace'; expected a duration such as 250ms, 30s, 5m, 2h or 1d, "
        "at most 36500d";
    must_refuse("@a", message);
    must_refuse("stack=1 @b", message);

    write_file("a", "grace=1s");
    must_refuse("@b x",
                "T:1:4: unknown key 'x'; expected one of log, format, interval, watch, stack, exitcode, "
                "limit, summary, " SOCKET_KEYS);
    write_file("a", "[dir=in");
    must_refuse("@a ]", "a:1:1: a section that does not end; expected ']' after its selectors");
    write_file("a", "off");
    must_refuse("@a", "a:1:1: 'off' beside other things; expected it alone, as the whole policy");
    write_bytes("a", "grace=1s\nlog=\0a", 15);
    must_refuse("@a", "a:2:5: a NUL byte; expected text");
}

static void what_cannot_be_read(void **state)
{
    (void)state;
    must_refuse("@", "T:1:1: '@' without a file; expected @FILE");
    must_refuse(" @\"\"", "T:1:2: '@' without a file; expected @FILE");
    must_refuse("grace=1s\n @none", "T:2:2: cannot read 'none': No such file or directory; "
                                    "expected a file with a policy");
    must_refuse("@.", "T:1:1: cannot read '.': not a regular file; expected a file with a policy");
    must_refuse("@/dev/zero",
                "T:1:1: cannot read '/dev/zero': not a regular file; expected a file with a policy");
    assert_int_equal(mkfifo("pipe", 0600), 0);
    must_refuse("@pipe", "T:1:1: cannot read 'pipe': not a regular file; expected a file with a policy");
    write_file("b", "\n@none");
    must_refuse("@b", "b:2:1: cannot read 'none': No such file or directory; expected a file with a policy");
}

static void files_within_files(void **state)
{
    (void)state;
    write_file("a", "\n@a");
    must_refuse("@a", "a:2:1: files within files deeper than 8: does one read itself?; expected fewer");
    write_file("a", " @b");
    write_file("b", "@a");
    must_refuse("@a", "b:1:1: files within files deeper than 8: does one read itself?; expected fewer");
}

static void large_files(void **state)
{
    static char text[POLICY_TEXT_MAX + 1];

    (void)state;
    memset(text, '\n', sizeof text);
    write_bytes("a", text, POLICY_TEXT_MAX);
    must_read("@a @a");
    write_bytes("a", text, sizeof text);
    must_refuse("@a", "T:1:1: cannot read 'a': larger than 65536 bytes; expected a file with a policy");
}

static void a_file_as_a_source(void **state)
{
    char path[POLICY_PATH_MAX + 1];

    (void)state;
    policy_defaults(&policy);
    write_file("a", "grace=7s\n[dir=in]\n");
    assert_true(policy_read_file(&policy, "a", &mistake));
    assert_int_equal(grace(DIRECTION_IN), 7000);
    assert_true(policy_read(&policy, "stack=1", "-o", &mistake));

    write_file("a", " off # today\n");
    assert_true(policy_read_file(&policy, "a", &mistake));
    assert_true(policy.off);

    write_file("a", "\nlog=");
    assert_false(policy_read_file(&policy, "a", &mistake));
    assert_memory_equal(mistake.message, "a:2:5: no value for 'log'; ", 27);
    assert_false(policy_read_file(&policy, "none", &mistake));
    assert_string_equal(
        mistake.message,
        "none:1:1: cannot read 'none': No such file or directory; expected a file with a policy");

    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_false(policy_read_file(&policy, path, &mistake));
    assert_non_null(strstr(mistake.message, ": File name too long; expected a file with a policy"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_in_its_place),
        cmocka_unit_test(a_file_and_sections),
        cmocka_unit_test(places_in_files),
        cmocka_unit_test(what_cannot_be_read),
        cmocka_unit_test(files_within_files),
        cmocka_unit_test(large_files),
        cmocka_unit_test(a_file_as_a_source),
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
