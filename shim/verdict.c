#include "verdict.h"

#include "bare.h"

static int64_t later(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

/*
 * The hook knows, or the kernel's counters do. Where nothing was sent before CLOSE,
 * one acknowledged byte is the SYN of the side that connected, or the FIN of the
 * other: that one if the peer's FIN has come too (it counts as received) and no error.
 */
static enum direction direction_of(const struct facts *facts, const struct told *told)
{
    if (told->direction != DIRECTION_UNKNOWN || facts->direction != DIRECTION_UNKNOWN)
        return told->direction != DIRECTION_UNKNOWN ? told->direction : facts->direction;
    if (facts->state != STATE_CLOSE || facts->control_acked != 1 || facts->tx)
        return DIRECTION_UNKNOWN;
    return facts->rx && !facts->error_pending ? DIRECTION_IN : DIRECTION_OUT;
}

/* Acknowledged are the SYN of the side that connected, and the FIN of the side that has shut down. */
static bool fin_acked(const struct facts *facts, const struct told *told)
{
    return facts->control_acked == (direction_of(facts, told) == DIRECTION_IN ? 1 : 2);
}

/* Both sides have said goodbye in order. The hook knows, or our FIN was acknowledged, and no error came. */
static bool ended_in_order(const struct facts *facts, const struct told *told)
{
    return !facts->error_pending && !told->error && (told->shut || fin_acked(facts, told));
}

int64_t verdict_ended_at(const struct facts *facts, const struct told *told, bool only_look)
{
    if (facts->state == STATE_CLOSE_WAIT)
        return facts->now - facts->ack_age;
    if (facts->state != STATE_CLOSE || !facts->established)
        return 0;
    if (only_look || ended_in_order(facts, told))
        return facts->now - facts->ack_age;
    return facts->now;
}

/*
 * A 0 can only have been read after the last data came: a note from before is
 * about another socket under the same number.
 */
static bool eof_read(const struct facts *facts, const struct told *told)
{
    return told->eof && told->eof_at + CLOCK_SLACK >= facts->now - facts->took - facts->data_age;
}

/*
 * In CLOSE_WAIT. With an empty queue the FIN was taken: either a read returned
 * 0, or one read took data and FIN together, and only a hook can tell these
 * apart. Where no hook saw any read, what the kernel says is all there is.
 */
static enum cause cause_in_close_wait(const struct facts *facts, const struct told *told)
{
    if (facts->recv_q && !facts->tls_close_notify)
        return CAUSE_DATA_UNREAD;
    if (facts->fin_unread)
        return CAUSE_EOF_UNREAD;
    return eof_read(facts, told) || !told->reads_seen ? CAUSE_EOF_IGNORED : CAUSE_EOF_UNREAD;
}

/*
 * In CLOSE the connection is gone. A pending error is one that the program has
 * not been told. A 0 can only have been read where a FIN had come, and that counts as a byte.
 */
static enum cause cause_in_close(const struct facts *facts, const struct told *told)
{
    bool eof = eof_read(facts, told) && facts->rx > 0;
    if (!facts->established)
        return CAUSE_NONE;
    if (ended_in_order(facts, told))
        return CAUSE_SHUTDOWN_UNCLOSED;
    if (facts->error_pending)
        return eof ? CAUSE_EOF_IGNORED : CAUSE_RESET_UNREAD;
    return eof && !told->error ? CAUSE_EOF_IGNORED : CAUSE_ERROR_IGNORED;
}

enum cause verdict_cause(const struct facts *facts, const struct told *told)
{
    if (facts->state == STATE_CLOSE_WAIT)
        return cause_in_close_wait(facts, told);
    if (facts->state == STATE_CLOSE)
        return cause_in_close(facts, told);
    return facts->state == STATE_ESTABLISHED ? CAUSE_IDLE : CAUSE_NONE;
}

/* From when the patience of the policy is counted: the end, and whatever the program has sent since. */
static int64_t quiet_since(const struct facts *facts, const struct past *past, enum cause cause)
{
    int64_t sent_at = facts->now - facts->sent_age;
    if (cause == CAUSE_IDLE)
        return later(sent_at, facts->now - facts->data_age);
    if (facts->state == STATE_CLOSE) /* what was sent before a reset is no sign of life after it */
        return past->ended_at;
    return later(sent_at, past->ended_at);
}

static int64_t patience(const struct socket_policy *policy, enum cause cause)
{
    switch (cause) {
    case CAUSE_IDLE:
        return policy->idle;
    case CAUSE_DATA_UNREAD:
        return policy->unread_grace;
    default:
        return policy->grace;
    }
}

/*
 * A heartbeat is due after so long without data either way, and where nothing is
 * queued: not into what is just being sent, nor behind what the program has not read.
 */
static bool beat_due(const struct facts *facts, const struct heartbeat *heartbeat, int64_t since)
{
    return since + heartbeat->after <= facts->now && !facts->send_q && !facts->recv_q;
}

/* The next look at a connection on which all is well. */
static int64_t next_idle_look(int64_t now, int64_t since, const struct socket_policy *policy)
{
    int64_t beat = policy->heartbeat.after, idle = policy->idle;
    if (beat != DURATION_OFF && since + beat <= now)
        since = now; /* it beats now, or waits for another time */
    int64_t at = idle != DURATION_OFF ? since + idle : INT64_MAX;
    return beat != DURATION_OFF && since + beat < at ? since + beat : at;
}

/*
 * When to look again: when the patience ends. But the kernel sends no news when
 * the program reads what was unread, or sends again, and either changes the
 * rule; so never later than a grace from now.
 */
static int64_t next_look(int64_t now, int64_t since, int64_t wait, const struct socket_policy *policy,
                         enum cause cause)
{
    bool ahead = wait != DURATION_OFF && since + wait > now;
    if (cause == CAUSE_IDLE && ahead)
        return since + wait;
    int64_t soon = now + later(policy->grace, 1);
    int64_t in_grace = since + policy->grace;
    if (in_grace > now && in_grace < soon)
        soon = in_grace;
    return ahead && since + wait < soon ? since + wait : soon;
}

/*
 * Whether the socket's own state allows an end. What the program could still read, it may still want.
 * In CLOSE there is nothing left to end but the descriptor's hold on the socket.
 */
static bool may_end(const struct facts *facts, const struct socket_policy *policy, int64_t since)
{
    bool unread = facts->recv_q && !facts->tls_close_notify;
    bool unread_due = policy->unread_grace != DURATION_OFF && since + policy->unread_grace <= facts->now;
    if (unread && !unread_due)
        return false;
    if (facts->state == STATE_CLOSE)
        return policy->action == ACTION_CLOSE;
    return facts->state == STATE_CLOSE_WAIT || facts->state == STATE_ESTABLISHED /* idle */;
}

struct verdict verdict(const struct facts *facts, const struct told *told, const struct past *past,
                       const struct policy *policy)
{
    struct verdict verdict = {
        .kind = VERDICT_ALIVE, .cause = verdict_cause(facts, told), .action = ACTION_REPORT};
    verdict.direction = direction_of(facts, told);
    if (verdict.cause == CAUSE_NONE)
        return verdict;
    struct subject subject = {
        .direction = verdict.direction,
        .cause = verdict.cause,
        .local = facts->local,
        .peer = facts->peer.family != ADDRESS_NONE ? facts->peer : past->peer,
    };
    struct socket_policy chosen = policy_choose(policy, &subject);
    verdict.release = chosen.release;
    /* In CLOSE there is no telling whether it was a FIN that came, and when. */
    verdict.dead_on_accept = facts->state == STATE_CLOSE_WAIT && verdict.direction == DIRECTION_IN &&
                             told->born && past->ended_at && past->ended_at + CLOCK_SLACK < told->born;
    int64_t since = quiet_since(facts, past, verdict.cause);
    int64_t wait = patience(&chosen, verdict.cause);
    bool beats = verdict.cause == CAUSE_IDLE && chosen.heartbeat.after != DURATION_OFF;
    if (wait == DURATION_OFF && verdict.cause == CAUSE_IDLE && !beats)
        return verdict;
    /* Bytes on their way to a peer that only closed its sending side: the program is at work. */
    bool still_sending = facts->send_q > 0;
    bool due = wait != DURATION_OFF && since + wait <= facts->now;
    verdict.kind =
        due && !still_sending && chosen.action != ACTION_IGNORE ? VERDICT_LEAK : VERDICT_LOOK_AGAIN;
    verdict.at = next_look(facts->now, since, wait, &chosen, verdict.cause);
    if (beats && verdict.kind == VERDICT_LOOK_AGAIN) {
        verdict.beat = beat_due(facts, &chosen.heartbeat, since);
        verdict.heartbeat = chosen.heartbeat;
        verdict.at = next_idle_look(facts->now, since, &chosen);
    }
    verdict.action =
        verdict.kind == VERDICT_LEAK && may_end(facts, &chosen, since) ? chosen.action : ACTION_REPORT;
    return verdict;
}

enum remedy verdict_remedy(const struct verdict *verdict, bool shared)
{
    switch (verdict->action) {
    case ACTION_FIN:
        return shared ? REMEDY_NONE : REMEDY_FIN;
    case ACTION_RESET:
        return shared ? REMEDY_NONE : REMEDY_RESET;
    case ACTION_CLOSE:
        return shared ? REMEDY_DROP : REMEDY_CLOSE;
    case ACTION_IGNORE:
    case ACTION_REPORT:
        break;
    }
    return REMEDY_NONE;
}
