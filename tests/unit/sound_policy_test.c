/* Policies out of another process's memory: what a reader has made is sound, each field that is not is found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sound_policy.h"

static struct policy policy;

static void read_policy(const char *text)
{
    struct policy_mistake mistake;
    policy_defaults(&policy);
    assert_true(policy_read(&policy, text, "test", &mistake));
}

static void what_was_read(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "off",
        "help",
        "log=/tmp/%p format=json interval=1ms watch=off stack=32 exitcode=255 limit=1:abort summary=on",
        "action=close grace=0 unread-grace=off idle=1d release=emfile linger=off recv-timeout=1h",
        "[exe=* dir=in peer=::/0 local=10.0.0.0/8 cause=idle port=1-65535] release=never",
        "[port=1] heartbeat=1s:ping user-timeout!=1h linger=0 keepalive!=1/2/3 nodelay!=off",
        "reuseaddr!=on fin-timeout=60 backlog=1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        read_policy(texts[i]);
        assert_true(policy_is_sound(&policy));
    }
}

/* A field, with values that no reader gives it. */
static void refuse(void *field, size_t size, int64_t value)
{
    unsigned char kept[sizeof value];
    assert_true(policy_is_sound(&policy));
    memcpy(kept, field, size);
    memcpy(field, &value, size); /* its low bytes: little-endian, as all of ours are */
    assert_false(policy_is_sound(&policy));
    memcpy(field, kept, size);
}

static void numbers(void **state)
{
    (void)state;
    read_policy("[port=1] heartbeat=1s:ping grace=1s keepalive=1/2/3 nodelay=on");
    struct rule *rule = &policy.rules[0];
    struct process_policy *process = &policy.process;
    refuse(&policy.off, sizeof policy.off, 2);
    refuse(&policy.help, sizeof policy.help, 255);
    refuse(&policy.rule_count, sizeof policy.rule_count, POLICY_RULES_MAX + 1);
    refuse(&process->log, sizeof process->log, LOG_FILE + 1);
    refuse(&process->format, sizeof process->format, FORMAT_JSON + 1);
    refuse(&process->interval, sizeof process->interval, 0);
    refuse(&process->watch, sizeof process->watch, 2);
    refuse(&process->stack, sizeof process->stack, POLICY_STACK_MAX + 1);
    refuse(&process->limit_signal, sizeof process->limit_signal, -1);
    refuse(&process->summary, sizeof process->summary, SUMMARY_LEAKS + 1);
    refuse(&rule->selectors.direction, sizeof rule->selectors.direction, DIRECTION_OUT + 1);
    refuse(&rule->selectors.cause, sizeof rule->selectors.cause, CAUSES);
    refuse(&rule->selectors.port_given, sizeof rule->selectors.port_given, 2);
    refuse(&rule->values.action, sizeof rule->values.action, ACTION_CLOSE + 1);
    refuse(&rule->values.grace, sizeof rule->values.grace, INT64_MAX - 1);
    refuse(&rule->values.idle, sizeof rule->values.idle, INT64_MIN);
    refuse(&rule->values.heartbeat.size, sizeof rule->values.heartbeat.size, POLICY_HEARTBEAT_MAX + 1);
    refuse(&rule->values.options.keepalive.on, sizeof rule->values.options.keepalive.on, SWITCH_ON + 1);
    refuse(&rule->values.options.nodelay, sizeof rule->values.options.nodelay, SWITCH_ON + 1);
}

static void ranges(void **state)
{
    (void)state;
    read_policy("[peer=10.0.0.0/8 local=::1] action=fin");
    struct selectors *selectors = &policy.rules[0].selectors;
    refuse(&selectors->peer.prefix, 1, 33);
    refuse(&selectors->local.prefix, 1, 129);
    refuse(&selectors->peer.base.family, 1, 5);
}

static void texts_without_an_end(void **state)
{
    (void)state;
    read_policy("[exe=x] action=fin");
    memset(policy.process.log_path, 'x', sizeof policy.process.log_path);
    assert_false(policy_is_sound(&policy));
    read_policy("[exe=x] action=fin");
    memset(policy.rules[0].selectors.exe, 'x', sizeof policy.rules[0].selectors.exe);
    assert_false(policy_is_sound(&policy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_read),
        cmocka_unit_test(numbers),
        cmocka_unit_test(ranges),
        cmocka_unit_test(texts_without_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
