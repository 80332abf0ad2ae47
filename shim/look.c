#include "look.h"

#include <errno.h>

#include "backlog.h"
#include "bare.h"
#include "ending.h"
#include "hints.h"
#include "options.h"
#include "others.h"
#include "probe.h"
#include "sockets.h"
#include "told.h"
#include "verdict.h"

enum { KEEN_TICKS = 100 };

struct looking looking;

void look_lost(struct suspect *suspect)
{
    if (!suspect->reported) {
        suspects_drop(suspect);
        return;
    }
    suspects_set_state(suspect, SUSPECT_LOST);
    suspects_set_due(suspect, INT64_MAX);
    suspect->lost_round = looking.rounds + 2; /* a round that began after now has ended by then */
}

/* The number holds this socket no longer. Another may; what was reported is healed only when none does. */
static void lost(int number, uint64_t cookie)
{
    sockets_set(number, 0, 0);
    struct suspect *suspect = suspects_find(cookie);
    if (!suspect || suspect->number != number)
        return;
    int holder = looking.aliases ? sockets_holder(cookie) : -1;
    if (holder >= 0) {
        suspect->number = holder;
        return;
    }
    if (ending_lost(suspect))
        return;
    look_lost(suspect);
}

/*
 * A socket that was not under this number before; what was there then, if
 * anything, had this generation of the hint. False: not one of ours.
 */
static bool meet(int number, int handle, uint64_t cookie, uint64_t before, uint32_t generation)
{
    struct hint_copy hint;
    hints_copy(number, &hint);
    if (!probe_is_tcp(handle)) {
        if (hints_tracked(number))
            hints_disown(number, hint.generation);
        return false;
    }
    enum armed armed = looking.room->arm(number, handle, cookie);
    int twin = armed == ARMED_BEFORE ? sockets_holder(cookie) : -1;
    bool stale = before && generation == hint.generation;
    looking.deaf |= armed == ARMED_NOT;
    looking.aliases |= twin >= 0;
    if (stale || !hints_tracked(number)) { /* no hook saw this one's birth: what is noted is about another */
        hints_adopt(number, hint.generation);
        hints_copy(number, &hint);
        if (twin < 0)
            options_for_found(number, handle);
        if (twin >= 0)
            hints_share(number, hint.generation, twin);
        else if (number < (int)hints_capacity) /* above, it is met anew in each round */
            looking.adopted++;
        hints_copy(number, &hint);
    }
    sockets_set(number, cookie, hint.generation);
    hints_known(number);
    return true;
}

/* Also of what was told under the other numbers that hold it. */
static void add_what_twins_were_told(int number, uint64_t cookie, int64_t now, struct told *told)
{
    for (int twin = 0; looking.aliases && twin < sockets_end(); twin++) {
        struct hint_copy hint;
        if (twin != number && sockets_cookie(twin) == cookie && hints_copy(twin, &hint))
            told_add(told, &hint, now);
    }
}

/* What is noted about another socket is forgotten. */
static void distrust(int number, struct hint_copy *hint, const struct facts *facts)
{
    if (!told_of_another(hint, facts))
        return;
    hints_adopt(number, hint->generation);
    hints_copy(number, hint);
    sockets_set(number, facts->cookie, hint->generation);
}

/* What the kernel forgets when the connection ends is kept while it is there. */
static void remember(int number, struct hint_copy *hint, const struct facts *facts)
{
    if (number >= (int)hints_capacity)
        return;
    if (!(hint->flags & (HINT_IN | HINT_OUT)) && facts->direction != DIRECTION_UNKNOWN)
        hints_told(number, facts->direction == DIRECTION_IN ? HINT_IN : HINT_OUT);
    if (hint->peer.family == ADDRESS_NONE && facts->peer.family != ADDRESS_NONE)
        hints_set_peer(number, hint->generation, &facts->peer);
}

static struct suspect *suspect_for(int number, const struct facts *facts, const struct hint_copy *hint)
{
    struct suspect *suspect = suspects_find(facts->cookie);
    if (!suspect)
        suspect = suspects_make(facts->cookie);
    if (!suspect)
        return NULL;
    if (suspect->state == SUSPECT_LOST)
        suspects_set_state(suspect, SUSPECT_LEAKED);
    suspect->number = number;
    suspect->past.peer = facts->peer.family != ADDRESS_NONE ? facts->peer : hint->peer;
    return suspect;
}

bool look_given_up(int64_t *refused_at)
{
    int64_t now = bare_now();
    looking.log_is_busy = true;
    if (!*refused_at)
        *refused_at = now;
    if (now - *refused_at < LOG_PATIENCE_MS)
        return false;
    report_give_up();
    return true;
}

/* Whether the log has taken the line, or will not be offered it again. */
static bool tell(struct suspect *suspect, const struct facts *facts, const struct hint_copy *hint,
                 const struct verdict *verdict)
{
    if (!looking.log_is_busy &&
        report_leak(facts, hint, suspect, verdict,
                    looking.watch->talk->may_share && others_hold(facts->inode)) == REPORT_DONE) {
        suspect->refused_at = 0;
        return true;
    }
    looking.log_is_busy = true;
    suspects_set_due(suspect, facts->now + 1);
    return verdict->action >= ACTION_FIN && look_given_up(&suspect->refused_at);
}

static void leak(struct suspect *suspect, const struct facts *facts, const struct hint_copy *hint,
                 const struct verdict *verdict)
{
    uint32_t cause = 1u << verdict->cause;
    if (suspect->state == SUSPECT_ASKED)
        return;
    if (suspect->state == SUSPECT_WATCHED && !(suspect->reported & cause)) {
        if (!tell(suspect, facts, hint, verdict))
            return;
        looking.tally.leaks++;
        looking.tally.by_cause[verdict->cause]++;
        __atomic_store_n(&looking.watch->talk->leaks, looking.tally.leaks, __ATOMIC_RELEASE);
    }
    if (suspect->state == SUSPECT_WATCHED) {
        suspect->reported |= cause;
        suspect->cause = verdict->cause;
        suspect->direction = verdict->direction;
        suspect->local = facts->local;
        suspect->site = hint->site;
    }
    /* Where there is no mark, a write could not be kept from raising SIGPIPE. */
    bool to_end = verdict->action >= ACTION_FIN && !suspect->tried && !looking.ending &&
                  suspect->number < (int)hints_capacity;
    if (to_end)
        suspect->action = verdict->action;
    suspects_set_state(suspect, to_end ? SUSPECT_TO_END : SUSPECT_LEAKED);
}

/* By this process's watcher; or by the parent's, before the fork: then only the mark tells. */
static bool was_ended(int number, const struct suspect *suspect, uint64_t cookie)
{
    if (suspect)
        return suspect_is_ended(suspect);
    return hints_ended(number) && hints_ended_cookie(number) == (uint32_t)cookie;
}

/*
 * What we have ended is not judged again, unless the program has connected the socket anew, as it can
 * after a reset (connect(2)). Whether it was ended, and is so still.
 */
static bool stays_ended(int number, const struct facts *facts)
{
    struct suspect *suspect = suspects_find(facts->cookie);
    /* In CLOSE_WAIT: and its peer has gone again. An end leaves neither. */
    bool anew = facts->state == STATE_SYN_SENT || facts->state == STATE_ESTABLISHED ||
                facts->state == STATE_CLOSE_WAIT;
    if (!was_ended(number, suspect, facts->cookie))
        return false;
    if (anew && suspect && !ending_withdraw(suspect)) /* whoever is at it sees the same, and leaves it */
        return true;
    if (anew) {
        hints_mark_revived(number);
        if (suspect)
            suspects_drop(suspect);
        return false;
    }
    if (suspect && suspect->state == SUSPECT_LOST) { /* under another number, as it turns out */
        suspects_set_state(suspect, SUSPECT_ENDED);
        suspect->number = number;
    }
    hints_mark_ended(number, (uint32_t)facts->cookie);
    return true;
}

/* The verdict on a socket, and what is known of its past with what this look has added. */
static struct verdict verdict_on(int number, const struct facts *facts, const struct hint_copy *hint,
                                 struct past *past)
{
    struct told told = told_from(hint, facts);
    const struct suspect *suspect = suspects_find(facts->cookie);
    add_what_twins_were_told(number, facts->cookie, facts->now, &told);
    *past = suspect ? suspect->past : (struct past){.peer = hint->peer};
    if (!past->ended_at)
        past->ended_at = verdict_ended_at(facts, &told, looking.watch->finish_only);
    return verdict(facts, &told, past, looking.watch->policy);
}

bool look_judge(const struct suspect *suspect, int handle, struct facts *facts, struct verdict *result)
{
    struct hint_copy hint;
    struct past past;
    if (!hints_copy(suspect->number, &hint) && suspect->number < (int)hints_capacity)
        return false;
    if (!probe(handle, facts) || facts->cookie != suspect->cookie)
        return false;
    *result = verdict_on(suspect->number, facts, &hint, &past);
    return true;
}

static void judge(int number, const struct facts *facts, const struct hint_copy *hint)
{
    struct past past;
    if (stays_ended(number, facts))
        return;
    struct verdict result = verdict_on(number, facts, hint, &past);
    struct suspect *suspect = suspects_find(facts->cookie);
    if (suspect && result.kind != VERDICT_LEAK && !ending_withdraw(suspect))
        return;
    if (result.kind == VERDICT_ALIVE) {
        if (suspect)
            suspects_drop(suspect);
        return;
    }
    bool first_heard_of = !suspect && !(hint->flags & HINT_BORN) && !looking.ending;
    suspect = suspect_for(number, facts, hint);
    if (!suspect)
        return;
    suspect->past.ended_at = past.ended_at;
    suspects_set_due(suspect, result.at);
    looking.beats += result.beat && !suspect->beat;
    suspect->beat |= result.beat;
    if (result.kind == VERDICT_LEAK && first_heard_of)
        suspects_set_due(suspect,
                         facts->now + 1); /* the number it was born under may be met in this very tick */
    else if (result.kind == VERDICT_LEAK)
        leak(suspect, facts, hint, &result);
    else
        suspects_set_state(suspect, SUSPECT_WATCHED); /* it may have come alive */
    if (suspect->state == SUSPECT_LEAKED && result.at < facts->now + LEAKED_AGAIN_MS)
        suspects_set_due(suspect, facts->now + LEAKED_AGAIN_MS);
}

/* Asks the kernel everything about a socket, and judges it. */
static void examine(int number, int handle, uint64_t cookie)
{
    struct facts facts;
    struct hint_copy hint;
    bool whole = hints_copy(number, &hint) && hint.generation == sockets_generation(number);
    if (!probe(handle, &facts) || facts.cookie != cookie || (!whole && number < (int)hints_capacity))
        return; /* replaced or read while we looked: the next tick hears of it, or looks again */
    distrust(number, &hint, &facts);
    remember(number, &hint, &facts);
    if (facts.state == STATE_LISTEN)
        backlog_add(number, facts.cookie);
    else
        judge(number, &facts, &hint);
    if (looking.rearming || !suspects_find(facts.cookie)) /* in the shared room, to be told again */
        looking.room->arm(number, handle, facts.cookie);
}

/*
 * stirred: something is known to have happened; otherwise only whether it is still the same socket
 * is asked.
 */
void look(int number, bool stirred)
{
    int handle = looking.room->borrow(number);
    looking.room_lost |= handle == -ESRCH;
    if (handle < 0 && handle != -EBADF) { /* no telling now: RLIMIT_NOFILE holds for our table too */
        if (hints_tracked(number))
            hints_changed(number);
        return;
    }
    uint64_t cookie = handle >= 0 ? probe_cookie(handle) : 0;
    uint64_t before = sockets_cookie(number);
    uint32_t generation = sockets_generation(number);
    if (before && cookie != before) {
        lost(number, before);
        if (!stirred)
            looking.keen = KEEN_TICKS; /* it went past the hooks, so others may */
    }
    if (cookie && cookie != before) {
        if (meet(number, handle, cookie, before, generation))
            examine(number, handle, cookie);
    } else if (cookie && stirred) {
        struct hint_copy hint;
        if (hints_copy(number, &hint)) /* connect() and the like make a new generation of the same socket */
            sockets_set(number, cookie, hint.generation);
        hints_not_closed(number);
        examine(number, handle, cookie);
    } else if (!cookie && hints_tracked(number)) {
        struct hint_copy hint;
        if (hints_copy(number, &hint))
            hints_disown(number, hint.generation);
    }
    if (handle >= 0)
        looking.room->give_back(handle);
}
