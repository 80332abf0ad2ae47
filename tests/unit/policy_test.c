/* What a policy comes to: every key, every selector, and which of several settings wins. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "waitclose/policy.h"

static struct policy policy;

static void read_policy(const char *text)
{
    struct policy_mistake mistake;

    policy_defaults(&policy);
    if (!policy_read(&policy, text, "T", &mistake))
        fail_msg("%s\nrefused: %s", text, mistake.message);
}

/* What policy_explain says of one key, at the top or in a section. */
struct wanted {
    const char *section, *key;
    char value[POLICY_PATH_MAX], meaning[256];
    bool found, is_default;
};

static void note(const struct policy_explanation *explanation, void *context)
{
    struct wanted *wanted = context;

    if (strcmp(explanation->key, wanted->key) != 0 || strcmp(explanation->section, wanted->section) != 0)
        return;
    wanted->found = true;
    wanted->is_default = explanation->is_default;
    snprintf(wanted->value, sizeof wanted->value, "%s", explanation->value);
    snprintf(wanted->meaning, sizeof wanted->meaning, "%s", explanation->meaning);
}

static struct wanted explained(const char *section, const char *key)
{
    struct wanted wanted = {.section = section, .key = key};

    policy_explain(&policy, note, &wanted);
    return wanted;
}

static void must_mean(const char *text, const char *section, const char *key, const char *value)
{
    read_policy(text);
    struct wanted wanted = explained(section, key);
    assert_true(wanted.found);
    assert_string_equal(wanted.value, value);
}

static void defaults(void **state)
{
    static const char *const expected[][2] = {
        {"log", "stderr"},
        {"format", "text"},
        {"interval", "1s"},
        {"watch", "on"},
        {"stack", "0"},
        {"exitcode", "none"},
        {"summary", "leaks"},
        {"action", "report"},
        {"grace", "30s"},
        {"unread-grace", "10m"},
        {"idle", "off"},
        {"limit", "none"},
        {"heartbeat", "off"},
        {"keepalive", "untouched"},
        {"user-timeout", "untouched"},
        {"linger", "untouched"},
        {"fin-timeout", "untouched"},
        {"reuseaddr", "untouched"},
        {"nodelay", "untouched"},
        {"recv-timeout", "untouched"},
        {"send-timeout", "untouched"},
        {"backlog", "untouched"},
        {"release", "never"},
    };

    (void)state;
    read_policy("");
    assert_int_equal(policy.rule_count, 0);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct wanted wanted = explained("", expected[i][0]);
        assert_true(wanted.found && wanted.is_default);
        assert_string_equal(wanted.value, expected[i][1]);
    }
}

static void values(void **state)
{
    static const struct {
        const char *text, *key, *value;
    } cases[] = {
        {"log=stderr", "log", "stderr"},
        {"log=none", "log", "none"},
        {"log=syslog", "log", "syslog"},
        {"log=journal", "log", "journal"},
        {"log=relative", "log", "relative"},
        {"log=/tmp/a#b", "log", "/tmp/a#b"},
        {"log=a%p%e%%=@", "log", "a%p%e%%=@"},
        {"log=a[b]", "log", "\"a[b]\""},
        {"log=a\\b", "log", "a\\b"},
        {"log=\"a,b;c d\"", "log", "\"a,b;c d\""},
        {"log=\"\\n\\r\\t\\a\\b\\f\\v\\\\\\\"\\'\\?\"", "log", "\"\\n\\r\\t\\007\\010\\f\\v\\\\\\\"'?\""},
        {"log=\"\\101\\x41\\x4a\\0411 \"", "log", "\"AAJ!1 \""},
        {"log=\"\\x41g\\1\\77\"", "log", "\"Ag\\001?\""},
        {"log=\xc3\xa4", "log", "\"\\303\\244\""},
        {"format=text", "format", "text"},
        {"format=json", "format", "json"},
        {"interval=1ms", "interval", "1ms"},
        {"interval=24h", "interval", "1d"},
        {"watch=off", "watch", "off"},
        {"stack=0", "stack", "0"},
        {"stack=32", "stack", "32"},
        {"exitcode=1", "exitcode", "1"},
        {"exitcode=255", "exitcode", "255"},
        {"summary=on", "summary", "on"},
        {"summary=off", "summary", "off"},
        {"summary=leaks", "summary", "leaks"},
        {"action=ignore", "action", "ignore"},
        {"action=report", "action", "report"},
        {"grace=0", "grace", "0s"},
        {"grace=250ms", "grace", "250ms"},
        {"grace=1500ms", "grace", "1500ms"},
        {"grace=90", "grace", "90s"},
        {"grace=120s", "grace", "2m"},
        {"grace=5m", "grace", "5m"},
        {"grace=007h", "grace", "7h"},
        {"grace=36500d", "grace", "36500d"},
        {"unread-grace=0ms", "unread-grace", "0s"},
        {"unread-grace=off", "unread-grace", "off"},
        {"idle=1ms", "idle", "1ms"},
        {"idle=off", "idle", "off"},
        {"action=fin", "action", "fin"},
        {"action=reset", "action", "reset"},
        {"action=close", "action", "close"},
        {"limit=1", "limit", "1"},
        {"limit=1048576:term", "limit", "1048576:term"},
        {"limit=007:abort", "limit", "7:abort"},
        {"release=never", "release", "never"},
        {"release=emfile", "release", "emfile"},
        {"release=0", "release", "0s"},
        {"release=5m", "release", "5m"},
        {"keepalive=off", "keepalive", "off"},
        {"keepalive=1800/3/2", "keepalive", "1800/3/2"},
        {"keepalive!=160/30/2", "keepalive", "160/30/2"},
        {"user-timeout=90", "user-timeout", "90s"},
        {"linger=off", "linger", "off"},
        {"linger=0", "linger", "0"},
        {"linger=10", "linger", "10"},
        {"fin-timeout=120", "fin-timeout", "120"},
        {"reuseaddr=on", "reuseaddr", "on"},
        {"reuseaddr=off", "reuseaddr", "off"},
        {"nodelay!=on", "nodelay", "on"},
        {"recv-timeout=1500ms", "recv-timeout", "1500ms"},
        {"send-timeout=1d", "send-timeout", "1d"},
        {"backlog=0", "backlog", "0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        must_mean(cases[i].text, "", cases[i].key, cases[i].value);
}

static void layout(void **state)
{
    static const struct {
        const char *text, *section, *key, *value;
    } cases[] = {
        {" grace=1s idle=2s", "", "idle", "2s"},
        {",;\t\v\f\r\ngrace=1s,;idle=2s;\r\n", "", "idle", "2s"},
        {"grace=\"8s\";idle=2s", "", "grace", "8s"},
        {"# grace=5s\r\n#\ngrace=6s # grace=7s", "", "grace", "6s"},
        {"grace=1s grace=2s", "", "grace", "2s"},
        {"log=/a log=none", "", "log", "none"},
        {"[port=1]grace=1s", "[port=1]", "grace", "1s"},
        {"[port=1,dir=in;\n# both\r\ncause=idle ]\ngrace=1s", "[dir=in port=1 cause=idle]", "grace", "1s"},
        {"[port=1] grace=1s [] idle=2s log=none", "", "log", "none"},
        {"[port=1] grace=1s []idle=2s", "", "idle", "2s"},
        {"[port=1] grace=1s [ # none\n] grace=2s", "", "grace", "2s"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        must_mean(cases[i].text, cases[i].section, cases[i].key, cases[i].value);
}

static void sections_as_text(void **state)
{
    static const char *const cases[][2] = {
        {"exe=java", "[exe=java]"},
        {"exe=\"py[t]*\"", "[exe=\"py[t]*\"]"},
        {"exe=\"a b\" dir=out", "[exe=\"a b\" dir=out]"},
        {"dir=in", "[dir=in]"},
        {"peer=10.0.0.0/8", "[peer=10.0.0.0/8]"},
        {"peer=10.255.0.129/25", "[peer=10.255.0.128/25]"},
        {"peer=10.255.1.2/0", "[peer=0.0.0.0/0]"},
        {"local=10.0.0.1/32", "[local=10.0.0.1]"},
        {"peer=::1", "[peer=::1]"},
        {"peer=2001:db8:ffff::/33", "[peer=2001:db8:8000::/33]"},
        {"peer=::/0", "[peer=::/0]"},
        {"peer=::ffff:10.1.2.3", "[peer=10.1.2.3]"},
        {"peer=::ffff:10.1.2.3/104", "[peer=10.0.0.0/8]"},
        {"peer=::ffff:0:0/96", "[peer=0.0.0.0/0]"},
        {"port=1-65535", "[port=1-65535]"},
        {"port=80-80", "[port=80]"},
        {"cause=eof-ignored", "[cause=eof-ignored]"},
        {"cause=shutdown-unclosed", "[cause=shutdown-unclosed]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        snprintf(text, sizeof text, "[%s] idle=1s", cases[i][0]);
        read_policy(text);
        if (!explained(cases[i][1], "idle").found)
            fail_msg("[%s] is not explained as %s", cases[i][0], cases[i][1]);
    }
}

static void meanings(void **state)
{
    static const struct {
        const char *text, *key, *meaning;
    } cases[] = {
        {"", "grace", "a socket is a leak once its peer's FIN is 30s old and nothing was sent since"},
        {"grace=0", "grace",
         "a socket is a leak as soon as its peer's FIN has come and nothing was sent since"},
        {"idle=5m", "idle", "a connection without a FIN is a leak once no data has passed either way for 5m"},
        {"exitcode=3", "exitcode", "a program that leaked and would have exited with 0 exits with 3"},
        {"stack=8", "stack", "a report gives up to 8 frames of the stack that made the socket"},
        {"log=/a%p", "log", "events are appended to this file; each process fills in its %p and %e"},
        {"watch=off", "watch", "no watcher thread: leaks are reported only when the program exits"},
        {"limit=9", "limit", "9 leaks at once are reported, once until there are fewer again"},
        {"limit=9:term", "limit", "that many leaks at once are reported, and the process gets SIGTERM"},
        {"limit=9:abort", "limit", "that many leaks at once are reported, and the process gets SIGABRT"},
        {"release=5m", "release",
         "a number is given back when the program makes its next socket, 5m after action=close has ended its "
         "socket; a stale close by the program can then hit a new file"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_policy(cases[i].text);
        assert_string_equal(explained("", cases[i].key).meaning, cases[i].meaning);
    }
}

/* A section is explained unless a later setting for every socket takes it back. */
static void explanation_shows_what_is_in_force(void **state)
{
    (void)state;
    read_policy("grace=1s [port=1] grace=2s idle=3s [] grace=4s [port=2] grace=30s");
    assert_string_equal(explained("", "grace").value, "4s");
    assert_false(explained("", "grace").is_default);
    assert_false(explained("[port=1]", "grace").found);
    assert_true(explained("[port=1]", "idle").found);
    assert_true(explained("[port=2]", "grace").found);
    assert_false(explained("[port=2]", "grace").is_default);
    assert_false(explained("[port=2]", "idle").found);
}

static struct address address(const char *text, uint16_t port)
{
    struct address address = {.family = ADDRESS_IPV4, .port = port};

    if (inet_pton(AF_INET, text, address.bytes) != 1) {
        address.family = ADDRESS_IPV6;
        assert_int_equal(inet_pton(AF_INET6, text, address.bytes), 1);
    }
    return address;
}

/* On port 80 of ours and port 5000 of the peer's. */
static void selectors(void **state)
{
    static const struct {
        const char *section;
        enum direction direction;
        enum cause cause;
        const char *local;
        const char *peer;
        bool holds;
    } cases[] = {
        {"dir=in", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", true},
        {"dir=in", DIRECTION_OUT, CAUSE_NONE, "10.0.0.1", "10.0.0.2", false},
        {"dir=in", DIRECTION_UNKNOWN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", false},
        {"dir=out", DIRECTION_OUT, CAUSE_NONE, "10.0.0.1", "10.0.0.2", true},
        {"port=80", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", true},
        {"port=80", DIRECTION_OUT, CAUSE_NONE, "10.0.0.1", "10.0.0.2", false},
        {"port=5000", DIRECTION_OUT, CAUSE_NONE, "10.0.0.1", "10.0.0.2", true},
        {"port=5000", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", false},
        {"port=80", DIRECTION_UNKNOWN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", true},
        {"port=5000", DIRECTION_UNKNOWN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", true},
        {"port=81-4999", DIRECTION_UNKNOWN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", false},
        {"port=79-80", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", true},
        {"port=80-81", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", true},
        {"cause=idle", DIRECTION_IN, CAUSE_IDLE, "10.0.0.1", "10.0.0.2", true},
        {"cause=idle", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", false},
        {"peer=10.0.0.2", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", true},
        {"peer=10.0.0.1", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", false},
        {"local=10.0.0.1", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", true},
        {"peer=10.0.0.0/8", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.255.0.2", true},
        {"peer=10.0.0.0/8", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "11.0.0.2", false},
        {"peer=10.0.0.0/31", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.0.0.1", true},
        {"peer=10.0.0.0/31", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", false},
        {"peer=0.0.0.0/0", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", true},
        {"peer=0.0.0.0/0", DIRECTION_IN, CAUSE_NONE, "::1", "::1", false},
        {"peer=::/0", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", false},
        {"peer=2001:db8::/33", DIRECTION_IN, CAUSE_NONE, "::1", "2001:db8:7fff::1", true},
        {"peer=2001:db8::/33", DIRECTION_IN, CAUSE_NONE, "::1", "2001:db8:8000::1", false},
        {"peer=::1", DIRECTION_IN, CAUSE_NONE, "::1", "::1", true},
        {"peer=::ffff:10.0.0.0/104", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.9.9.9", true},
        {"dir=in peer=10.0.0.2 port=80", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", true},
        {"dir=in peer=10.0.0.3 port=80", DIRECTION_IN, CAUSE_NONE, "10.0.0.1", "10.0.0.2", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        snprintf(text, sizeof text, "[%s] action=ignore", cases[i].section);
        read_policy(text);
        struct subject subject = {cases[i].direction, cases[i].cause, address(cases[i].local, 80),
                                  address(cases[i].peer, 5000)};
        bool holds = policy_choose(&policy, &subject).action == ACTION_IGNORE;
        if (holds != cases[i].holds)
            fail_msg("case %zu: [%s] %s", i, cases[i].section, holds ? "holds" : "does not hold");
    }
}

static void later_settings_win(void **state)
{
    static const struct subject out = {.direction = DIRECTION_OUT};
    struct socket_policy chosen;

    (void)state;
    read_policy("");
    chosen = policy_choose(&policy, &out);
    assert_int_equal(chosen.action, ACTION_REPORT);
    assert_int_equal(chosen.grace, 30000);
    assert_int_equal(chosen.unread_grace, 600000);
    assert_true(chosen.idle == DURATION_OFF);

    read_policy("grace=1s unread-grace=2s idle=3s [dir=out] grace=4s idle=off [dir=in] unread-grace=5s");
    chosen = policy_choose(&policy, &out);
    assert_int_equal(chosen.grace, 4000);
    assert_int_equal(chosen.unread_grace, 2000);
    assert_true(chosen.idle == DURATION_OFF);

    read_policy("[dir=out] grace=4s action=ignore [] grace=1s");
    chosen = policy_choose(&policy, &out);
    assert_int_equal(chosen.grace, 1000);
    assert_int_equal(chosen.action, ACTION_IGNORE);
}

/* A port fits a socket of unknown direction only by guess: good enough to tell of it, not to end it. */
static void nothing_is_ended_on_a_guess(void **state)
{
    static const struct {
        const char *text;
        enum direction direction;
        enum action action;
    } cases[] = {
        {"[port=80] action=close", DIRECTION_IN, ACTION_CLOSE},
        {"[port=80] action=close", DIRECTION_UNKNOWN, ACTION_REPORT},
        {"[port=80] action=fin", DIRECTION_UNKNOWN, ACTION_REPORT},
        {"action=ignore [port=80] action=reset", DIRECTION_UNKNOWN, ACTION_IGNORE},
        {"[port=80] action=ignore", DIRECTION_UNKNOWN, ACTION_IGNORE},
        {"action=close", DIRECTION_UNKNOWN, ACTION_CLOSE},
        {"action=close [port=80] action=report", DIRECTION_UNKNOWN, ACTION_REPORT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject subject = {cases[i].direction, CAUSE_NONE, address("10.0.0.1", 80),
                                  address("10.0.0.2", 5000)};
        read_policy(cases[i].text);
        assert_int_equal(policy_choose(&policy, &subject).action, cases[i].action);
    }
}

/* Which options hold is decided in steps, as more of a socket becomes known; what is not known does not
 * match. */
static void options_as_more_is_known(void **state)
{
    static const char text[] = "keepalive=60/10/3 user-timeout!=30s [dir=in] nodelay=on [port=80] linger=0 "
                               "[dir=out port=5000] linger=7 [peer=10.0.0.2] keepalive!=30/5/3 "
                               "[local=10.0.0.1] backlog=9 [] user-timeout=20s";
    struct subject subject = {.direction = DIRECTION_UNKNOWN};
    struct socket_options chosen;

    (void)state;
    read_policy(text);
    chosen = policy_options(&policy, &subject);
    assert_int_equal(chosen.keepalive.idle, 60);
    assert_int_equal(chosen.user_timeout, 20000);
    assert_int_equal(chosen.given, 1u << OPTION_KEEPALIVE | 1u << OPTION_USER_TIMEOUT);
    assert_int_equal(chosen.enforced, 0);
    assert_true(chosen.linger == UNTOUCHED && chosen.nodelay == SWITCH_UNTOUCHED);

    subject.direction = DIRECTION_IN;
    subject.local = address("0.0.0.0", 80);
    chosen = policy_options(&policy, &subject);
    assert_true(chosen.linger == 0 && chosen.nodelay == SWITCH_ON && chosen.backlog == UNTOUCHED);

    subject.local = address("10.0.0.1", 80);
    subject.peer = address("10.0.0.2", 5000);
    chosen = policy_options(&policy, &subject);
    assert_true(chosen.linger == 0 && chosen.backlog == 9 && chosen.keepalive.idle == 30);
    assert_int_equal(chosen.enforced, 1u << OPTION_KEEPALIVE);

    subject.direction = DIRECTION_OUT;
    chosen = policy_options(&policy, &subject);
    assert_true(chosen.linger == 7 && chosen.nodelay == SWITCH_UNTOUCHED);
}

static void heartbeats(void **state)
{
    struct subject subject = {.direction = DIRECTION_OUT, .peer = address("10.0.0.2", 6379)};
    struct socket_policy chosen;

    (void)state;
    must_mean("[port=6379] heartbeat=\"60s:PING\\r\\n\"", "[port=6379]", "heartbeat", "\"1m:PING\\r\\n\"");
    chosen = policy_choose(&policy, &subject);
    assert_int_equal(chosen.heartbeat.after, 60000);
    assert_int_equal(chosen.heartbeat.size, 6);
    assert_memory_equal(chosen.heartbeat.text, "PING\r\n", 6);
    subject.peer.port = 80;
    assert_true(policy_choose(&policy, &subject).heartbeat.after == DURATION_OFF);
    subject = (struct subject){.local = address("10.0.0.1", 6379)}; /* by guess only */
    assert_true(policy_choose(&policy, &subject).heartbeat.after == DURATION_OFF);
    must_mean("[port=1] heartbeat=2s:a:b", "[port=1]", "heartbeat", "2s:a:b");
    must_mean("[port=1] heartbeat=2s:a heartbeat=off", "[port=1]", "heartbeat", "off");
}

static void sources_add_up(void **state)
{
    static const struct subject out = {.direction = DIRECTION_OUT};
    struct policy_mistake mistake;

    (void)state;
    read_policy("log=/a [dir=in] grace=4s");
    assert_true(policy_read(&policy, "grace=5s stack=2", "-o", &mistake));
    assert_int_equal(policy.process.log, LOG_FILE);
    assert_int_equal(policy.process.stack, 2);
    assert_int_equal(policy_choose(&policy, &out).grace, 5000);
}

static void off_and_help(void **state)
{
    static const char *const off[] = {"off", " off\n", ",off;", "off # for now", "# for now\noff"};

    (void)state;
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        read_policy(off[i]);
        assert_true(policy.off && !policy.help);
    }
    read_policy("\thelp ");
    assert_true(policy.help && !policy.off);
}

static void sections_for_a_program(void **state)
{
    (void)state;
    read_policy(
        "idle=1s [exe=java] idle=2s [exe=\"py*[0-9]\" port=1] idle=3s [port=2] idle=4s [exe=J*] idle=5s");
    policy_for_program(&policy, "python3");
    assert_int_equal(policy.rule_count, 3);
    assert_true(explained("[exe=\"py*[0-9]\" port=1]", "idle").found);
    assert_true(explained("[port=2]", "idle").found);
    policy_for_program(&policy, "java");
    assert_int_equal(policy.rule_count, 2);
}

/* Every key is in the table, whether built or not. */
static void table(void **state)
{
    static const char *const keys[] = {
        "log",       "format",    "interval",     "watch",        "stack",        "exitcode",
        "limit",     "summary",   "action",       "grace",        "unread-grace", "idle",
        "release",   "heartbeat", "keepalive",    "user-timeout", "linger",       "fin-timeout",
        "reuseaddr", "nodelay",   "recv-timeout", "send-timeout", "backlog",      "exe",
        "dir",       "peer",      "local",        "port",         "cause",
    };
    char text[16 * 1024];
    FILE *file = tmpfile();

    (void)state;
    assert_non_null(file);
    policy_print_table(fileno(file));
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char line[32];
        snprintf(line, sizeof line, "\n  %-13s ", keys[i]);
        if (!strstr(text, line))
            fail_msg("%s is missing", keys[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(values),
        cmocka_unit_test(layout),
        cmocka_unit_test(sections_as_text),
        cmocka_unit_test(meanings),
        cmocka_unit_test(explanation_shows_what_is_in_force),
        cmocka_unit_test(selectors),
        cmocka_unit_test(later_settings_win),
        cmocka_unit_test(options_as_more_is_known),
        cmocka_unit_test(heartbeats),
        cmocka_unit_test(nothing_is_ended_on_a_guess),
        cmocka_unit_test(sources_add_up),
        cmocka_unit_test(off_and_help),
        cmocka_unit_test(sections_for_a_program),
        cmocka_unit_test(table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
