/* Every kind of mistake in a policy: what is said about it, to the letter, and the place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "waitclose/policy.h"

#define DURATIONS "a duration such as 250ms, 30s, 5m, 2h or 1d"
#define SOCKET_KEYS                                                                                          \
    "action, grace, unread-grace, idle, release, heartbeat, keepalive, user-timeout, linger, fin-timeout, "  \
    "reuseaddr, nodelay, recv-timeout, send-timeout, backlog"
#define KEYS      "log, format, interval, watch, stack, exitcode, limit, summary, " SOCKET_KEYS
#define SELECTORS "exe, dir, peer, local, port, cause"
#define LOGS      "stderr, none, syslog, journal, or a path (%p pid, %e program name, %% a percent sign)"
#define PORTS     "a port from 1 to 65535, or a range such as 8000-8099, the lower first"
#define RANGES    "ADDR or ADDR/LEN, IPv4 or IPv6 (LEN from 96 where IPv4-mapped)"
#define CAUSE_NAMES                                                                                          \
    "eof-ignored, eof-unread, data-unread, error-ignored, reset-unread, shutdown-unclosed or idle"
#define LIMITS     "N, N:term or N:abort, with N from 1 to 1048576"
#define RELEASES   "never, emfile, or " DURATIONS ", at most 36500d"
#define KEEPALIVES "off, or IDLE/INTERVAL/COUNT, in seconds up to 32767/32767 and a number up to 127"
#define LINGERS    "off, or SECONDS from 0 (reset on close) to 65535"
#define HEARTBEATS "off, or DURATION:TEXT, from 1ms to 36500d and 1 to 256 bytes (C escapes in quotes)"
#define TOO_LATE                                                                                             \
    "'reuseaddr' in a section that waits for an address: it has to be set before bind(); expected it "       \
    "before the first section, or under exe= alone"
#define NO_PORT                                                                                              \
    "'heartbeat' without a port: what is sent must suit the service; expected it in a section with port="

static struct policy policy;

struct refusal {
    const char *text, *message;
};

static void refuse(const struct refusal *refusals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct policy_mistake mistake;
        policy_defaults(&policy);
        if (policy_read(&policy, refusals[i].text, "T", &mistake))
            fail_msg("accepted: %s", refusals[i].text);
        assert_string_equal(mistake.message, refusals[i].message);
    }
}

static void keys(void **state)
{
    static const struct refusal refusals[] = {
        {"gracee=3", "T:1:1: unknown key 'gracee' (did you mean 'grace'?); expected one of " KEYS},
        {"Action=report", "T:1:1: unknown key 'Action' (did you mean 'action'?); expected one of " KEYS},
        {"[port=1] intervall=3", "T:1:10: unknown key 'intervall'; expected one of " SOCKET_KEYS},
        {"whatever=3", "T:1:1: unknown key 'whatever'; expected one of " KEYS},
        {"x", "T:1:1: unknown key 'x'; expected one of " KEYS},
        {"\x01\xff=1", "T:1:1: unknown key '\\001\\377'; expected one of " KEYS},
        {"grace", "T:1:1: no '=' right after 'grace'; expected grace=VALUE"},
        {"grace = 5s", "T:1:1: no '=' right after 'grace'; expected grace=VALUE"},
        {"grace!5", "T:1:1: unknown key 'grace!5' (did you mean 'grace'?); expected one of " KEYS},
        {"=1", "T:1:1: '=' where a key goes; expected key=value"},
        {"!=1", "T:1:1: '!=' where a key goes; expected key=value"},
        {"]", "T:1:1: ']' where a key goes; expected key=value"},
        {"\"grace\"=1", "T:1:1: '\\\"' where a key goes; expected key=value"},
        {"port=1", "T:1:1: 'port' is a selector; expected it in brackets, as [port=VALUE]"},
        {"grace!=1s", "T:1:1: 'grace' is not a socket option and cannot be enforced; expected grace=VALUE"},
        {"log!=none", "T:1:1: 'log' is not a socket option and cannot be enforced; expected log=VALUE"},
        {"off grace=1s", "T:1:1: 'off' beside other things; expected it alone, as the whole policy"},
        {"grace=1s\nhelp", "T:2:1: 'help' beside other things; expected it alone, as the whole policy"},
        {"off off", "T:1:1: 'off' beside other things; expected it alone, as the whole policy"},
        {"offf", "T:1:1: unknown key 'offf'; expected one of " KEYS},
    };

    (void)state;
    refuse(refusals, sizeof refusals / sizeof *refusals);
}

static void options(void **state)
{
    static const struct refusal refusals[] = {
        {"keepalive=on", "T:1:11: 'on' is no value for 'keepalive'; expected " KEEPALIVES},
        {"keepalive=60/10", "T:1:11: '60/10' is no value for 'keepalive'; expected " KEEPALIVES},
        {"keepalive=60/10/3/1", "T:1:11: '60/10/3/1' is no value for 'keepalive'; expected " KEEPALIVES},
        {"keepalive=0/10/3", "T:1:11: '0/10/3' is no value for 'keepalive'; expected " KEEPALIVES},
        {"keepalive=32768/1/1", "T:1:11: '32768/1/1' is no value for 'keepalive'; expected " KEEPALIVES},
        {"keepalive=1/32768/1", "T:1:11: '1/32768/1' is no value for 'keepalive'; expected " KEEPALIVES},
        {"keepalive!=1/1/128", "T:1:12: '1/1/128' is no value for 'keepalive'; expected " KEEPALIVES},
        {"keepalive=untouched", "T:1:11: 'untouched' is no value for 'keepalive'; expected " KEEPALIVES},
        {"user-timeout=0", "T:1:14: '0' is no value for 'user-timeout'; expected a duration from 1ms to 24d, "
                           "such as 250ms, 30s or 5m"},
        {"user-timeout=25d",
         "T:1:14: '25d' is no value for 'user-timeout'; expected a duration from 1ms to 24d, "
         "such as 250ms, 30s or 5m"},
        {"linger=on", "T:1:8: 'on' is no value for 'linger'; expected " LINGERS},
        {"linger=5s", "T:1:8: '5s' is no value for 'linger'; expected " LINGERS},
        {"linger=65536", "T:1:8: '65536' is no value for 'linger'; expected " LINGERS},
        {"fin-timeout=0", "T:1:13: '0' is no value for 'fin-timeout'; expected SECONDS from 1 to 120"},
        {"fin-timeout=121", "T:1:13: '121' is no value for 'fin-timeout'; expected SECONDS from 1 to 120"},
        {"nodelay=1", "T:1:9: '1' is no value for 'nodelay'; expected on or off"},
        {"backlog=65536", "T:1:9: '65536' is no value for 'backlog'; expected a number from 0 to 65535"},
        {"backlog!=9",
         "T:1:1: 'backlog' is not a socket option and cannot be enforced; expected backlog=VALUE"},
        {"[cause=idle] nodelay=on",
         "T:1:14: 'nodelay' in a section with cause=: a socket gets its options before it leaks; expected a "
         "section without cause="},
        {"[dir=in] reuseaddr=on", "T:1:10: " TOO_LATE},
        {"[exe=x peer=10.0.0.1] reuseaddr!=on", "T:1:23: " TOO_LATE},
        {"heartbeat=\"60s:PING\"", "T:1:1: " NO_PORT},
        {"[dir=out] heartbeat=off", "T:1:11: " NO_PORT},
        {"[port=1] heartbeat=60s", "T:1:20: '60s' is no value for 'heartbeat'; expected " HEARTBEATS},
        {"[port=1] heartbeat=:x", "T:1:20: ':x' is no value for 'heartbeat'; expected " HEARTBEATS},
        {"[port=1] heartbeat=60s:", "T:1:20: '60s:' is no value for 'heartbeat'; expected " HEARTBEATS},
        {"[port=1] heartbeat=0s:x", "T:1:20: '0s:x' is no value for 'heartbeat'; expected " HEARTBEATS},
        {"[port=1] heartbeat!=off",
         "T:1:10: 'heartbeat' is not a socket option and cannot be enforced; expected heartbeat=VALUE"},
    };

    (void)state;
    refuse(refusals, sizeof refusals / sizeof *refusals);
}

static void values(void **state)
{
    static const struct refusal refusals[] = {
        {"log=", "T:1:5: no value for 'log'; expected " LOGS},
        {"log=\"\"", "T:1:5: no value for 'log'; expected " LOGS},
        {"log=/a%x", "T:1:5: '/a%x' is no value for 'log'; expected " LOGS},
        {"log=/a%%%", "T:1:5: '/a%%%' is no value for 'log'; expected " LOGS},
        {"format=xml", "T:1:8: 'xml' is no value for 'format'; expected text or json"},
        {"watch=yes", "T:1:7: 'yes' is no value for 'watch'; expected on or off"},
        {"summary=ON", "T:1:9: 'ON' is no value for 'summary'; expected on, off or leaks"},
        {"action=none",
         "T:1:8: 'none' is no value for 'action'; expected ignore, report, fin, reset or close"},
        {"limit=0", "T:1:7: '0' is no value for 'limit'; expected " LIMITS},
        {"limit=1048577", "T:1:7: '1048577' is no value for 'limit'; expected " LIMITS},
        {"limit=none", "T:1:7: 'none' is no value for 'limit'; expected " LIMITS},
        {"limit=5:", "T:1:7: '5:' is no value for 'limit'; expected " LIMITS},
        {"limit=5:kill", "T:1:7: '5:kill' is no value for 'limit'; expected " LIMITS},
        {"limit=:term", "T:1:7: ':term' is no value for 'limit'; expected " LIMITS},
        {"release=off", "T:1:9: 'off' is no value for 'release'; expected " RELEASES},
        {"release=-1", "T:1:9: '-1' is no value for 'release'; expected " RELEASES},
        {"release=always", "T:1:9: 'always' is no value for 'release'; expected " RELEASES},
        {"action!=close",
         "T:1:1: 'action' is not a socket option and cannot be enforced; expected action=VALUE"},
        {"[port=1] limit=3", "T:1:10: 'limit' inside a section: process keys go before the first section; "
                             "expected one of " SOCKET_KEYS},
        {"stack=33", "T:1:7: '33' is no value for 'stack'; expected a number from 0 to 32"},
        {"stack=-1", "T:1:7: '-1' is no value for 'stack'; expected a number from 0 to 32"},
        {"stack=+1", "T:1:7: '+1' is no value for 'stack'; expected a number from 0 to 32"},
        {"stack=1x", "T:1:7: '1x' is no value for 'stack'; expected a number from 0 to 32"},
        {"stack=\" 1\"", "T:1:7: ' 1' is no value for 'stack'; expected a number from 0 to 32"},
        {"stack=4294967296", "T:1:7: '4294967296' is no value for 'stack'; expected a number from 0 to 32"},
        {"stack=18446744073709551616",
         "T:1:7: '18446744073709551616' is no value for 'stack'; expected a number from 0 to 32"},
        {"exitcode=0", "T:1:10: '0' is no value for 'exitcode'; expected a number from 1 to 255"},
        {"exitcode=256", "T:1:10: '256' is no value for 'exitcode'; expected a number from 1 to 255"},
        {"exitcode=none", "T:1:10: 'none' is no value for 'exitcode'; expected a number from 1 to 255"},
    };

    (void)state;
    refuse(refusals, sizeof refusals / sizeof *refusals);
}

static void durations(void **state)
{
    static const char *const wrong[] = {
        "off",
        "s",
        "1.5s",
        "-1s",
        "1sec",
        "1S",
        "1ms1",
        "1 s",
        "36501d",
        "0x1s",
        "876001h",
        "1s2",
        "9223372036854775807",
        "9223372036854775807ms",
        "9223372036854775808",
        "99999999999999999999d",
        "106751991168d", /* more milliseconds than 63 bits hold */
    };
    char text[64];
    char message[256];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text, "grace=\"%s\"", wrong[i]);
        snprintf(message, sizeof message,
                 "T:1:7: '%s' is no value for 'grace'; expected " DURATIONS ", at most 36500d", wrong[i]);
        refuse(&(struct refusal){text, message}, 1);
    }
    static const struct refusal refusals[] = {
        {"interval=0", "T:1:10: '0' is no value for 'interval'; expected a duration from 1ms to 1d, such as "
                       "250ms, 30s, 5m or 2h"},
        {"interval=86400001ms",
         "T:1:10: '86400001ms' is no value for 'interval'; expected a duration from 1ms "
         "to 1d, such as 250ms, 30s, 5m or 2h"},
        {"unread-grace=no",
         "T:1:14: 'no' is no value for 'unread-grace'; expected off, or " DURATIONS ", at most 36500d"},
        {"idle=0ms",
         "T:1:6: '0ms' is no value for 'idle'; expected off, or " DURATIONS ", from 1ms to 36500d"},
    };
    refuse(refusals, sizeof refusals / sizeof *refusals);
}

static void quotes(void **state)
{
    static const struct refusal refusals[] = {
        {"log=\"a", "T:1:5: a quote that does not end; expected '\"' before the end of the line"},
        {"log=\"", "T:1:5: a quote that does not end; expected '\"' before the end of the line"},
        {"log=\"a\nb\"", "T:1:5: a quote that does not end; expected '\"' before the end of the line"},
        {"log=\"a\\", "T:1:7: an unknown escape; expected one of C's, such as \\n \\\" \\\\ \\033 \\x1b"},
        {"log=\"\\q\"", "T:1:6: an unknown escape; expected one of C's, such as \\n \\\" \\\\ \\033 \\x1b"},
        {"log=\"\\x\"", "T:1:6: an unknown escape; expected one of C's, such as \\n \\\" \\\\ \\033 \\x1b"},
        {"log=\"a\\400\"",
         "T:1:7: an unknown escape; expected one of C's, such as \\n \\\" \\\\ \\033 \\x1b"},
        {"log=\"a\\0\"", "T:1:7: a NUL byte in a value; expected text"},
        {"log=\"a\"b", "T:1:8: 'b' after a closing quote; expected a separator"},
        {"log=\"a\"\"b\"", "T:1:8: '\\\"' after a closing quote; expected a separator"},
        {"log=\"a\"#b", "T:1:8: '#' after a closing quote; expected a separator"},
        {"log=a\"b\"", "T:1:6: '\"' inside a value; expected the whole value in double quotes"},
        {"@\"a\"b", "T:1:5: 'b' after a closing quote; expected a separator"},
    };

    (void)state;
    refuse(refusals, sizeof refusals / sizeof *refusals);
}

static void sections(void **state)
{
    static const struct refusal refusals[] = {
        {"[", "T:1:1: a section that does not end; expected ']' after its selectors"},
        {"grace=1\n [port=1", "T:2:2: a section that does not end; expected ']' after its selectors"},
        {"[port=1 # ]", "T:1:1: a section that does not end; expected ']' after its selectors"},
        {"[port=1]]", "T:1:9: ']' where a key goes; expected key=value"},
        {"[[port=1]]", "T:1:2: '[' where a key goes; expected key=value"},
        {"[exe=a[0-9]]", "T:1:7: '[' inside a value; expected the whole value in double quotes"},
        {"[prot=1]", "T:1:2: unknown selector 'prot' (did you mean 'port'?); expected one of " SELECTORS},
        {"[@f]", "T:1:2: unknown selector '@f'; expected one of " SELECTORS},
        {"[grace=1s]", "T:1:2: 'grace' is a setting, not a selector; expected one of " SELECTORS},
        {"[port]", "T:1:2: no '=' right after 'port'; expected port=VALUE"},
        {"[port!=1]", "T:1:2: 'port' is not a socket option and cannot be enforced; expected port=VALUE"},
        {"[port=1 port=2]", "T:1:9: 'port' twice in a section; expected each selector once"},
        {"[port=1] log=none", "T:1:10: 'log' inside a section: process keys go before the first section; "
                              "expected one of " SOCKET_KEYS},
        {"[port=]", "T:1:7: no value for 'port'; expected " PORTS},
        {"[port=0]", "T:1:7: '0' is no value for 'port'; expected " PORTS},
        {"[port=65536]", "T:1:7: '65536' is no value for 'port'; expected " PORTS},
        {"[port=90-80]", "T:1:7: '90-80' is no value for 'port'; expected " PORTS},
        {"[port=80-]", "T:1:7: '80-' is no value for 'port'; expected " PORTS},
        {"[port=-80]", "T:1:7: '-80' is no value for 'port'; expected " PORTS},
        {"[port=80-81-82]", "T:1:7: '80-81-82' is no value for 'port'; expected " PORTS},
        {"[port=0-80]", "T:1:7: '0-80' is no value for 'port'; expected " PORTS},
        {"[port=http]", "T:1:7: 'http' is no value for 'port'; expected " PORTS},
        {"[dir=both]", "T:1:6: 'both' is no value for 'dir'; expected in or out"},
        {"[dir=unknown]", "T:1:6: 'unknown' is no value for 'dir'; expected in or out"},
        {"[cause=none]", "T:1:8: 'none' is no value for 'cause'; expected " CAUSE_NAMES},
        {"[exe=/bin/sh]",
         "T:1:6: '/bin/sh' is no value for 'exe'; expected a pattern for the program's file name, "
         "without '/', at most 255 bytes"},
        {"[peer=10.0.0]", "T:1:7: '10.0.0' is no value for 'peer'; expected " RANGES},
        {"[peer=10.0.0.0/33]", "T:1:7: '10.0.0.0/33' is no value for 'peer'; expected " RANGES},
        {"[peer=10.0.0.0/]", "T:1:7: '10.0.0.0/' is no value for 'peer'; expected " RANGES},
        {"[peer=10.0.0.0/-1]", "T:1:7: '10.0.0.0/-1' is no value for 'peer'; expected " RANGES},
        {"[peer=10.0.0.0/8/8]", "T:1:7: '10.0.0.0/8/8' is no value for 'peer'; expected " RANGES},
        {"[peer=/8]", "T:1:7: '/8' is no value for 'peer'; expected " RANGES},
        {"[peer=localhost]", "T:1:7: 'localhost' is no value for 'peer'; expected " RANGES},
        {"[local=::/129]", "T:1:8: '::/129' is no value for 'local'; expected " RANGES},
        {"[local=::1%lo]", "T:1:8: '::1%lo' is no value for 'local'; expected " RANGES},
        {"[local=::ffff:10.0.0.0/8]", "T:1:8: '::ffff:10.0.0.0/8' is no value for 'local'; expected " RANGES},
        {"[local=\"[::1]\"]", "T:1:8: '[::1]' is no value for 'local'; expected " RANGES},
    };

    (void)state;
    refuse(refusals, sizeof refusals / sizeof *refusals);
}

static void places(void **state)
{
    static const struct refusal refusals[] = {
        {"grace=1s x=1", "T:1:10: unknown key 'x'; expected one of " KEYS},
        {"\n\n  x=1", "T:3:3: unknown key 'x'; expected one of " KEYS},
        {"grace=1s\r\n\tx=1\r\n", "T:2:2: unknown key 'x'; expected one of " KEYS},
        {"# \xc3\xa4\n\xc3\xa4 x", "T:2:1: unknown key '\\303\\244'; expected one of " KEYS},
        {"log=\xc3\xa4 x", "T:1:8: unknown key 'x'; expected one of " KEYS},
    };

    (void)state;
    refuse(refusals, sizeof refusals / sizeof *refusals);
}

static void limits(void **state)
{
    static char text[POLICY_TEXT_MAX + 2];
    struct policy_mistake mistake;

    (void)state;
    memset(text, ' ', POLICY_TEXT_MAX);
    policy_defaults(&policy);
    assert_true(policy_read(&policy, text, "T", &mistake));
    text[POLICY_TEXT_MAX] = ' ';
    refuse(&(struct refusal){text, "T:1:1: a policy longer than 65536 bytes; expected a shorter one"}, 1);

    memset(text, 0, sizeof text);
    memset(stpcpy(text, "log="), 'a', POLICY_PATH_MAX - 1);
    policy_defaults(&policy);
    assert_true(policy_read(&policy, text, "T", &mistake));
    assert_int_equal(strlen(policy.process.log_path), POLICY_PATH_MAX - 1);
    text[4 + POLICY_PATH_MAX - 1] = 'a';
    refuse(&(struct refusal){text, "T:1:5: a value longer than 4095 bytes; expected a shorter one"}, 1);
    text[4] = '"';
    text[5 + POLICY_PATH_MAX] = '"';
    memset(text + 5, 'a', POLICY_PATH_MAX);
    refuse(&(struct refusal){text, "T:1:5: a value longer than 4095 bytes; expected a shorter one"}, 1);

    char *at = text;
    memset(text, 0, sizeof text);
    for (int i = 0; i < POLICY_RULES_MAX; i++)
        at = stpcpy(at, "[port=1]grace=1\n");
    policy_defaults(&policy);
    assert_true(policy_read(&policy, text, "T", &mistake));
    stpcpy(at, "[port=1]grace=1\n");
    refuse(&(struct refusal){text, "T:129:9: too many sections; expected at most 128"}, 1);
}

/* A message is one printable line, however long and odd what it quotes. */
static void long_and_odd_text(void **state)
{
    char text[3000];
    struct policy_mistake mistake;

    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        memset(text, byte, sizeof text - 1);
        text[sizeof text - 1] = '\0';
        policy_defaults(&policy);
        memcpy(text, "stack=", 6);
        if (policy_read(&policy, text, text, &mistake)) {
            assert_int_equal(byte, '0');
            continue;
        }
        assert_true(strlen(mistake.message) < 600);
        for (const char *at = mistake.message; *at; at++)
            assert_true(*at >= ' ' && *at <= '~');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),      cmocka_unit_test(options), cmocka_unit_test(values),
        cmocka_unit_test(durations), cmocka_unit_test(quotes),  cmocka_unit_test(sections),
        cmocka_unit_test(places),    cmocka_unit_test(limits),  cmocka_unit_test(long_and_odd_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
