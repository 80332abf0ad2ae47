/* Every rule of the verdict, by table: what the kernel and the hooks say, and what must come of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict.h"

enum { NOW = 1000000, GRACE = 30000, UNREAD_GRACE = 600000, IDLE = 100000 };

/* A connection whose peer's FIN came `fin_age` ago, with nothing sent since. */
static struct facts close_wait(int64_t fin_age)
{
    return (struct facts){
        .now = NOW,
        .cookie = 7,
        .state = STATE_CLOSE_WAIT,
        .established = true,
        .fin_received = true,
        .direction = DIRECTION_OUT,
        .control_acked = 1,
        .sent_age = fin_age + 1000,
        .data_age = fin_age + 1000,
        .ack_age = fin_age,
        .local = {.family = ADDRESS_IPV4, .bytes = {127, 0, 0, 1}, .port = 40000},
        .peer = {.family = ADDRESS_IPV4, .bytes = {10, 1, 2, 3}, .port = 6379},
    };
}

static struct facts closed(int64_t age)
{
    struct facts facts = close_wait(age);
    facts.state = STATE_CLOSE;
    facts.fin_received = false;
    facts.direction = DIRECTION_UNKNOWN;
    facts.peer.family = ADDRESS_NONE;
    return facts;
}

static struct verdict judge(const struct facts *facts, const struct told *told, const char *text)
{
    static struct policy policy;
    struct policy_mistake mistake;
    policy_defaults(&policy);
    assert_true(policy_read(&policy, text, "test", &mistake));
    struct past past = {.ended_at = verdict_ended_at(facts, told, true),
                        .peer = {.family = ADDRESS_IPV4, .bytes = {10, 1, 2, 3}, .port = 6379}};
    return verdict(facts, told, &past, &policy);
}

static void causes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool in_close, fin_unread, error_pending, close_notify;
        uint32_t recv_q;
        int control_acked;
        struct told told;
        enum cause expected;
    } rows[] = {
        {"FIN waits, nothing read", false, true, false, false, 0, 1, {0}, CAUSE_EOF_UNREAD},
        {"FIN waits, reads seen before",
         false,
         true,
         false,
         false,
         0,
         1,
         {.reads_seen = true},
         CAUSE_EOF_UNREAD},
        {"FIN waits, a stale note of an EOF",
         false,
         true,
         false,
         false,
         0,
         1,
         {.reads_seen = true, .eof = true},
         CAUSE_EOF_UNREAD},
        {"a read returned 0",
         false,
         false,
         false,
         false,
         0,
         1,
         {.reads_seen = true, .eof = true},
         CAUSE_EOF_IGNORED},
        {"data and FIN in one read, no 0 yet",
         false,
         false,
         false,
         false,
         0,
         1,
         {.reads_seen = true},
         CAUSE_EOF_UNREAD},
        {"FIN taken, no hook saw a read", false, false, false, false, 0, 1, {0}, CAUSE_EOF_IGNORED},
        {"data before the FIN", false, true, false, false, 100, 1, {.reads_seen = true}, CAUSE_DATA_UNREAD},
        {"a lone close_notify before the FIN",
         false,
         true,
         false,
         true,
         24,
         1,
         {.reads_seen = true},
         CAUSE_EOF_UNREAD},
        {"reset, not told", true, false, true, false, 0, 1, {0}, CAUSE_RESET_UNREAD},
        {"reset behind unread data", true, true, true, false, 100, 1, {0}, CAUSE_RESET_UNREAD},
        {"reset, a read failed",
         true,
         false,
         false,
         false,
         0,
         1,
         {.reads_seen = true, .error = true},
         CAUSE_ERROR_IGNORED},
        {"reset, told by a call no hook saw", true, false, false, false, 0, 1, {0}, CAUSE_ERROR_IGNORED},
        {"EOF read, reset afterwards",
         true,
         false,
         true,
         false,
         0,
         1,
         {.reads_seen = true, .eof = true},
         CAUSE_EOF_IGNORED},
        {"both sides shut down, hook saw it",
         true,
         true,
         false,
         false,
         0,
         -1,
         {.shut = true},
         CAUSE_SHUTDOWN_UNCLOSED},
        {"both shut down and read to the end",
         true,
         false,
         false,
         false,
         0,
         2,
         {.reads_seen = true, .eof = true, .shut = true},
         CAUSE_SHUTDOWN_UNCLOSED},
        {"both shut down, by the counters, connected",
         true,
         true,
         false,
         false,
         0,
         2,
         {.direction = DIRECTION_OUT},
         CAUSE_SHUTDOWN_UNCLOSED},
        {"both shut down, by the counters, accepted",
         true,
         true,
         false,
         false,
         0,
         1,
         {.direction = DIRECTION_IN},
         CAUSE_SHUTDOWN_UNCLOSED},
        {"shut down, then reset, not told",
         true,
         false,
         true,
         false,
         0,
         1,
         {.shut = true},
         CAUSE_RESET_UNREAD},
        {"shut down, then reset, told",
         true,
         false,
         false,
         false,
         0,
         1,
         {.shut = true, .error = true},
         CAUSE_ERROR_IGNORED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct facts facts = rows[i].in_close ? closed(GRACE) : close_wait(UNREAD_GRACE);
        facts.fin_unread = rows[i].fin_unread;
        facts.error_pending = rows[i].error_pending;
        facts.tls_close_notify = rows[i].close_notify;
        facts.recv_q = rows[i].recv_q;
        facts.rx = rows[i].told.eof ? 1 : 0;
        facts.control_acked = rows[i].control_acked;
        struct told told = rows[i].told;
        told.eof_at = facts.now;
        struct verdict verdict = judge(&facts, &told, "");
        if (verdict.cause != rows[i].expected || verdict.kind != VERDICT_LEAK)
            fail_msg("%s: %s", rows[i].name, cause_name(verdict.cause));
    }
}

static void alive(void **state)
{
    (void)state;
    static const enum tcp_state states[] = {STATE_SYN_SENT,  STATE_SYN_RECV,   STATE_FIN_WAIT1,
                                            STATE_FIN_WAIT2, STATE_TIME_WAIT,  STATE_LAST_ACK,
                                            STATE_CLOSING,   STATE_ESTABLISHED};
    struct told told = {.eof = true, .reads_seen = true};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        struct facts facts = close_wait(UNREAD_GRACE);
        facts.state = states[i];
        assert_int_equal(judge(&facts, &told, "").kind, VERDICT_ALIVE);
    }
}

/* A socket that was never connected, or was refused, is in CLOSE as well. */
static void never_established(void **state)
{
    (void)state;
    struct facts facts = closed(UNREAD_GRACE);
    struct told told = {.error = true};
    facts.established = false;
    assert_int_equal(judge(&facts, &told, "").kind, VERDICT_ALIVE);
}

static void patience(void **state)
{
    (void)state;
    static const struct {
        const char *name, *policy;
        int64_t fin_age, sent_age;
        uint32_t recv_q, send_q;
        enum verdict_kind expected;
        int64_t at;
    } rows[] = {
        {"within grace", "", GRACE - 1, GRACE - 1, 0, 0, VERDICT_LOOK_AGAIN, NOW + 1},
        {"at grace", "", GRACE, GRACE, 0, 0, VERDICT_LEAK, -1},
        {"grace=0", "grace=0", 0, 0, 0, 0, VERDICT_LEAK, -1},
        {"sent since", "", 10 * GRACE, GRACE - 100, 0, 0, VERDICT_LOOK_AGAIN, NOW + 100},
        {"sent long ago", "", 10 * GRACE, GRACE, 0, 0, VERDICT_LEAK, -1},
        {"still sending", "", 10 * GRACE, 10 * GRACE, 0, 1, VERDICT_LOOK_AGAIN, -1},
        {"data unread has its own grace", "", UNREAD_GRACE - 10, UNREAD_GRACE, 5, 0, VERDICT_LOOK_AGAIN,
         NOW + 10},
        {"data unread beyond it", "", UNREAD_GRACE, UNREAD_GRACE, 5, 0, VERDICT_LEAK, -1},
        {"data unread may be read: looked at within a grace", "", 1000, 1000, 5, 0, VERDICT_LOOK_AGAIN,
         NOW + GRACE - 1000},
        {"unread-grace=off", "unread-grace=off", 100 * UNREAD_GRACE, 100 * UNREAD_GRACE, 5, 0,
         VERDICT_LOOK_AGAIN, NOW + GRACE},
        {"ignored", "action=ignore", GRACE, GRACE, 0, 0, VERDICT_LOOK_AGAIN, -1},
        {"ignored in a section", "[peer=10.0.0.0/8] action=ignore", GRACE, GRACE, 0, 0, VERDICT_LOOK_AGAIN,
         -1},
        {"a section for its cause", "[cause=eof-unread] grace=1h", GRACE, GRACE, 0, 0, VERDICT_LOOK_AGAIN,
         NOW + 3600000 - GRACE},
        {"a section for another cause", "[cause=eof-ignored] grace=1h", GRACE, GRACE, 0, 0, VERDICT_LEAK, -1},
        {"a section for another port", "[dir=out port=80] action=ignore", GRACE, GRACE, 0, 0, VERDICT_LEAK,
         -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct facts facts = close_wait(rows[i].fin_age);
        struct told told = {.direction = DIRECTION_OUT};
        facts.fin_unread = true;
        facts.sent_age = rows[i].sent_age;
        facts.recv_q = rows[i].recv_q;
        facts.send_q = rows[i].send_q;
        struct verdict verdict = judge(&facts, &told, rows[i].policy);
        if (verdict.kind != rows[i].expected)
            fail_msg("%s: kind %d", rows[i].name, verdict.kind);
        if (rows[i].at >= 0 && verdict.at != rows[i].at)
            fail_msg("%s: at %+lld", rows[i].name, (long long)(verdict.at - NOW));
        assert_true(verdict.at > NOW);
    }
}

/* A note of an EOF that no FIN bears out is about another socket. */
static void stale_eof(void **state)
{
    (void)state;
    struct facts facts = closed(GRACE);
    struct told told = {.reads_seen = true, .eof = true, .eof_at = NOW};
    facts.error_pending = true;
    facts.rx = 0;
    assert_int_equal(judge(&facts, &told, "").cause, CAUSE_RESET_UNREAD);
    facts.rx = 1;
    assert_int_equal(judge(&facts, &told, "").cause, CAUSE_EOF_IGNORED);
    told.eof_at = facts.now - facts.data_age - 100; /* before the last data came */
    assert_int_equal(judge(&facts, &told, "").cause, CAUSE_RESET_UNREAD);
    facts.took = 95; /* the kernel was asked so slowly that the data may be that much older */
    assert_int_equal(judge(&facts, &told, "").cause, CAUSE_EOF_IGNORED);
}

/* What was sent before a reset is no sign of life after it; and the peer's address is the remembered one. */
static void patience_in_close(void **state)
{
    (void)state;
    struct facts facts = closed(GRACE);
    struct told told = {0};
    facts.error_pending = true;
    facts.sent_age = 0;
    assert_int_equal(judge(&facts, &told, "").kind, VERDICT_LEAK);
    assert_int_equal(judge(&facts, &told, "[peer=10.1.2.3] action=ignore").kind, VERDICT_LOOK_AGAIN);
    facts.ack_age = GRACE - 1;
    assert_int_equal(judge(&facts, &told, "").kind, VERDICT_LOOK_AGAIN);
}

static void idle(void **state)
{
    (void)state;
    static const struct {
        int64_t sent_age, data_age;
        const char *policy;
        enum verdict_kind expected;
    } rows[] = {
        {IDLE, IDLE, "idle=100s", VERDICT_LEAK},
        {IDLE, IDLE - 1, "idle=100s", VERDICT_LOOK_AGAIN},
        {IDLE - 1, IDLE, "idle=100s", VERDICT_LOOK_AGAIN},
        {100 * IDLE, 100 * IDLE, "", VERDICT_ALIVE},
        {100 * IDLE, 100 * IDLE, "[port=1] idle=1s", VERDICT_ALIVE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct facts facts = close_wait(0);
        struct told told = {.direction = DIRECTION_OUT};
        facts.state = STATE_ESTABLISHED;
        facts.fin_received = false;
        facts.sent_age = rows[i].sent_age;
        facts.data_age = rows[i].data_age;
        struct verdict verdict = judge(&facts, &told, rows[i].policy);
        assert_int_equal(verdict.kind, rows[i].expected);
        if (verdict.kind == VERDICT_LEAK)
            assert_int_equal(verdict.cause, CAUSE_IDLE);
        if (verdict.kind == VERDICT_LOOK_AGAIN)
            assert_int_equal(verdict.at, NOW + 1); /* when it will be idle, not before */
    }
}

static void dead_on_accept(void **state)
{
    (void)state;
    static const struct {
        enum direction direction;
        int64_t fin_age, accept_age; /* accept_age -1: no hook saw it */
        bool expected;
    } rows[] = {
        {DIRECTION_IN, GRACE + 50, GRACE, true},   {DIRECTION_IN, GRACE + 5, GRACE, false},
        {DIRECTION_IN, GRACE, GRACE + 50, false},  {DIRECTION_IN, GRACE + 50, -1, false},
        {DIRECTION_OUT, GRACE + 50, GRACE, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct facts facts = close_wait(rows[i].fin_age);
        struct told told = {.direction = rows[i].direction,
                            .born = rows[i].accept_age < 0 ? 0 : NOW - rows[i].accept_age};
        facts.fin_unread = true;
        assert_int_equal(judge(&facts, &told, "").dead_on_accept, rows[i].expected);
    }
}

/* The hook knows best; where none was there, the kernel's counters do. */
static void direction(void **state)
{
    (void)state;
    struct facts facts = close_wait(GRACE);
    struct told told = {0};
    assert_int_equal(judge(&facts, &told, "").direction, DIRECTION_OUT);
    told.direction = DIRECTION_IN;
    assert_int_equal(judge(&facts, &told, "").direction, DIRECTION_IN);
}

static void ended_at(void **state)
{
    (void)state;
    struct told told = {0}, shut = {.shut = true};
    struct facts facts = close_wait(500);
    assert_int_equal(verdict_ended_at(&facts, &told, false), NOW - 500);
    facts = closed(500);
    facts.error_pending = true; /* a reset leaves no mark of its time */
    assert_int_equal(verdict_ended_at(&facts, &told, false), NOW);
    assert_int_equal(verdict_ended_at(&facts, &told, true), NOW - 500);
    facts.error_pending = false;
    assert_int_equal(verdict_ended_at(&facts, &shut, false), NOW - 500);
    facts.established = false;
    assert_int_equal(verdict_ended_at(&facts, &told, true), 0);
    facts.state = STATE_ESTABLISHED;
    assert_int_equal(verdict_ended_at(&facts, &told, true), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(causes),    cmocka_unit_test(stale_eof),
        cmocka_unit_test(alive),     cmocka_unit_test(never_established),
        cmocka_unit_test(patience),  cmocka_unit_test(patience_in_close),
        cmocka_unit_test(idle),      cmocka_unit_test(dead_on_accept),
        cmocka_unit_test(direction), cmocka_unit_test(ended_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
