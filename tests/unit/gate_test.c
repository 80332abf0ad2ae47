/*
 * The gate: what is done to a leak, and that nothing is done where just one of the conditions fails.
 * The same conditions on real sockets: tests/shim/gate_*.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict.h"

enum { NOW = 1000000, GRACE = 30000, UNREAD_GRACE = 600000, IDLE = 100000 };

/* All conditions hold: the FIN came and the last data went long ago, nothing is queued, nothing unread. */
static struct facts open_gate(void)
{
    return (struct facts){
        .now = NOW,
        .cookie = 7,
        .state = STATE_CLOSE_WAIT,
        .established = true,
        .fin_received = true,
        .direction = DIRECTION_OUT,
        .control_acked = 1,
        .fin_unread = true,
        .sent_age = UNREAD_GRACE,
        .data_age = UNREAD_GRACE,
        .ack_age = UNREAD_GRACE,
        .local = {.family = ADDRESS_IPV4, .bytes = {127, 0, 0, 1}, .port = 40000},
        .peer = {.family = ADDRESS_IPV4, .bytes = {10, 1, 2, 3}, .port = 6379},
    };
}

static struct verdict judge(const struct facts *facts, const char *text)
{
    static struct policy policy;
    struct policy_mistake mistake;
    struct told told = {.direction = facts->direction};
    policy_defaults(&policy);
    assert_true(policy_read(&policy, text, "test", &mistake));
    struct past past = {.ended_at = verdict_ended_at(facts, &told, true), .peer = facts->peer};
    return verdict(facts, &told, &past, &policy);
}

static void expect(const char *name, const struct facts *facts, const char *policy, bool shared,
                   enum remedy expected)
{
    struct verdict verdict = judge(facts, policy);
    enum remedy remedy = verdict_remedy(&verdict, shared);
    if (remedy != expected)
        fail_msg("%s, %s: remedy %d, expected %d", name, policy, remedy, expected);
}

static void each_action(void **state)
{
    static const struct {
        const char *policy;
        bool in_close, shared;
        enum remedy expected;
    } rows[] = {
        {"", false, false, REMEDY_NONE},
        {"action=report", false, false, REMEDY_NONE},
        {"action=ignore", false, false, REMEDY_NONE},
        {"action=fin", false, false, REMEDY_FIN},
        {"action=reset", false, false, REMEDY_RESET},
        {"action=close", false, false, REMEDY_CLOSE},
        {"action=fin", false, true, REMEDY_NONE},
        {"action=reset", false, true, REMEDY_NONE},
        {"action=close", false, true, REMEDY_DROP},
        /* In CLOSE no connection is left to end. */
        {"action=fin", true, false, REMEDY_NONE},
        {"action=reset", true, false, REMEDY_NONE},
        {"action=close", true, false, REMEDY_CLOSE},
        {"action=close", true, true, REMEDY_DROP},
        {"[cause=eof-unread] action=close", false, false, REMEDY_CLOSE},
        {"[port=6379 dir=out peer=10.0.0.0/8] action=fin", false, false, REMEDY_FIN},
        {"action=close [dir=out] action=report", false, false, REMEDY_NONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct facts facts = open_gate();
        if (rows[i].in_close)
            facts.state = STATE_CLOSE;
        expect("all holds", &facts, rows[i].policy, rows[i].shared, rows[i].expected);
    }
}

static void young_fin(struct facts *facts)
{
    facts->ack_age = GRACE - 1;
}

static void still_sending(struct facts *facts)
{
    facts->sent_age = GRACE - 1;
}

static void data_queued(struct facts *facts)
{
    facts->send_q = 1;
}

static void data_unread(struct facts *facts)
{
    facts->recv_q = 1;
    facts->ack_age = facts->sent_age = UNREAD_GRACE - 1;
}

static void no_fin(struct facts *facts)
{
    facts->state = STATE_ESTABLISHED;
}

static void ended_by_the_program(struct facts *facts)
{
    facts->state = STATE_LAST_ACK;
}

static void never_connected(struct facts *facts)
{
    facts->state = STATE_CLOSE;
    facts->established = false;
}

static void one_condition_fails(void **state)
{
    static const struct {
        const char *name;
        void (*spoil)(struct facts *facts);
    } conditions[] = {
        {"the FIN is younger than grace", young_fin},
        {"data was sent within grace", still_sending},
        {"data is queued to send", data_queued},
        {"data is unread, for less than unread-grace", data_unread},
        {"no FIN has come", no_fin},
        {"the program has ended it itself", ended_by_the_program},
        {"it was never connected", never_connected},
    };
    static const char *const policies[] = {"action=fin", "action=reset", "action=close"};
    static const char *const others[] = {"[port=6380] action=close",     "[dir=in] action=close",
                                         "[peer=11.0.0.0/8] action=fin", "[local=10.0.0.0/8] action=reset",
                                         "[cause=idle] action=close",    "[cause=eof-ignored] action=fin"};
    (void)state;
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        for (size_t j = 0; j < sizeof policies / sizeof *policies; j++) {
            struct facts facts = open_gate();
            conditions[i].spoil(&facts);
            expect(conditions[i].name, &facts, policies[j], false, REMEDY_NONE);
            expect(conditions[i].name, &facts, policies[j], true, REMEDY_NONE);
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct facts facts = open_gate();
        expect("a selector does not match", &facts, others[i], false, REMEDY_NONE);
    }
}

static void what_is_unread(void **state)
{
    static const struct {
        const char *policy;
        uint32_t recv_q;
        bool close_notify;
        int64_t age;
        enum remedy expected;
    } rows[] = {
        {"action=fin", 1, false, UNREAD_GRACE, REMEDY_FIN},
        {"action=fin unread-grace=off", 1, false, UNREAD_GRACE, REMEDY_NONE},
        {"action=fin unread-grace=1h", 1, false, UNREAD_GRACE, REMEDY_NONE},
        {"action=fin unread-grace=off", 24, true, GRACE, REMEDY_FIN},
        {"action=fin unread-grace=off", 24, false, GRACE, REMEDY_NONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct facts facts = open_gate();
        facts.recv_q = rows[i].recv_q;
        facts.tls_close_notify = rows[i].close_notify;
        facts.ack_age = facts.sent_age = rows[i].age;
        expect("unread", &facts, rows[i].policy, false, rows[i].expected);
    }
}

/* An idle connection stands: what would be lost by its end counts as much. */
static void idle(void **state)
{
    static const struct {
        const char *policy;
        int64_t sent_age, data_age;
        uint32_t recv_q, send_q;
        enum remedy expected;
    } rows[] = {
        {"idle=100s action=close", IDLE, IDLE, 0, 0, REMEDY_CLOSE},
        {"idle=100s action=fin", IDLE, IDLE, 0, 0, REMEDY_FIN},
        {"idle=100s action=reset", IDLE, IDLE, 0, 0, REMEDY_RESET},
        {"idle=100s action=close", IDLE - 1, IDLE, 0, 0, REMEDY_NONE},
        {"idle=100s action=close", IDLE, IDLE - 1, 0, 0, REMEDY_NONE},
        {"idle=100s action=close", IDLE, IDLE, 0, 1, REMEDY_NONE},
        {"idle=100s action=close", IDLE, IDLE, 1, 0, REMEDY_NONE},
        {"idle=100s unread-grace=50s action=close", IDLE, IDLE, 1, 0, REMEDY_CLOSE},
        {"idle=100s unread-grace=101s action=close", IDLE, IDLE, 1, 0, REMEDY_NONE},
        {"action=close", IDLE, IDLE, 0, 0, REMEDY_NONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct facts facts = open_gate();
        facts.state = STATE_ESTABLISHED;
        facts.fin_received = facts.fin_unread = false;
        facts.sent_age = rows[i].sent_age;
        facts.data_age = rows[i].data_age;
        facts.recv_q = rows[i].recv_q;
        facts.send_q = rows[i].send_q;
        expect("idle", &facts, rows[i].policy, false, rows[i].expected);
    }
}

/* A heartbeat is for a connection on which nothing has passed, and nothing waits. */
static void beats(void **state)
{
    static const struct {
        const char *name;
        enum tcp_state state;
        int64_t sent_age, data_age;
        uint32_t recv_q, send_q;
        bool beats;
    } rows[] = {
        {"quiet both ways", STATE_ESTABLISHED, 60000, 60000, 0, 0, true},
        {"it has sent since", STATE_ESTABLISHED, 59999, 60000, 0, 0, false},
        {"the peer has", STATE_ESTABLISHED, 60000, 59999, 0, 0, false},
        {"something is queued", STATE_ESTABLISHED, 60000, 60000, 0, 1, false},
        {"something is unread", STATE_ESTABLISHED, 60000, 60000, 1, 0, false},
        {"the peer has finished", STATE_CLOSE_WAIT, 60000, 60000, 0, 0, false},
        {"the connection is gone", STATE_CLOSE, 60000, 60000, 0, 0, false},
        {"the program has finished", STATE_FIN_WAIT2, 60000, 60000, 0, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct facts facts = open_gate();
        facts.state = rows[i].state;
        facts.sent_age = rows[i].sent_age;
        facts.data_age = rows[i].data_age;
        facts.recv_q = rows[i].recv_q;
        facts.send_q = rows[i].send_q;
        if (judge(&facts, "[port=6379] heartbeat=60s:PING").beat != rows[i].beats)
            fail_msg("%s", rows[i].name);
        assert_false(judge(&facts, "[port=6380] heartbeat=60s:PING").beat);
    }
}

/* release= comes with the verdict, by the same selectors. */
static void release(void **state)
{
    struct facts facts = open_gate();
    (void)state;
    assert_true(judge(&facts, "").release == DURATION_OFF);
    assert_true(judge(&facts, "release=emfile").release == RELEASE_EMFILE);
    assert_int_equal(judge(&facts, "release=emfile [port=6379] release=2s").release, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_action),    cmocka_unit_test(one_condition_fails),
        cmocka_unit_test(what_is_unread), cmocka_unit_test(idle),
        cmocka_unit_test(release),        cmocka_unit_test(beats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
