#include "watcher.h"

#include <errno.h>

#include "backlog.h"
#include "bare.h"
#include "hints.h"
#include "log.h"
#include "others.h"
#include "probe.h"
#include "raw.h"
#include "report.h"
#include "site.h"
#include "sockets.h"

enum {
    SET_NAME = 15,         /* PR_SET_NAME, prctl(2) */
    NEWS_ROUNDS_MAX = 64,  /* calls of news() in one tick, so that a storm leaves room for an order */
    LAST_ROUNDS_MAX = 512, /* the same for the last look */
    KNOWN_AT_ONCE = 32,    /* known sockets a tick that are looked at again; 1.7 microseconds each */
    KNOWN_WHEN_KEEN = 512, /* the same while some are seen to pass the hooks */
    KEEN_TICKS = 100,
    WALKED_AT_ONCE = 8192,
    LEAKED_AGAIN_MS = 5000, /* what is reported is looked at again no sooner: it may have come alive */
    LAST_WORDS_MS = 1000,   /* how long the end waits for a log whose reader still makes progress */
    LAST_STALL_MS = 200,    /* and for one that does not */
};

static const struct watch *watch;
static const struct room *room;
static struct tally tally;
static uint32_t adopted; /* sockets that passed no hook at birth */
static uint32_t rounds;  /* completed rounds through all that is open */
static bool aliases;     /* some socket is held under two numbers */
static bool deaf;        /* some socket could not be armed */
static int keen;         /* ticks for which more of the known are looked at again */
static int next_known;
static bool rearming;
static bool has_looked;                  /* the first tick has come */
static bool room_lost;                   /* none of the program's threads has a table that we may look into */
static bool rights_lost;                 /* the kernel would not let us follow the program's */
static bool log_is_busy;                 /* since the last tick's first refusal */
static uint64_t waiting[HINTS_MAX / 64]; /* numbers whose birth was heard of in the last tick */
static uint64_t fresh[HINTS_MAX / 64];   /* and in this one */
static int waiting_end, fresh_end;

static uint32_t order(void)
{
    return __atomic_load_n(&watch->talk->order, __ATOMIC_ACQUIRE);
}

/* Somebody waits for the watcher to stop or to pause: the rest of this tick can wait for the next. */
static bool interrupted(void)
{
    return order() == ORDER_STOP || order() == ORDER_PAUSE;
}

/* The number holds this socket no longer. Another may; what was reported is healed only when none does. */
static void lost(int number, uint64_t cookie)
{
    sockets_set(number, 0, 0);
    struct suspect *suspect = suspects_find(cookie);
    if (!suspect || suspect->number != number)
        return;
    int holder = aliases ? sockets_holder(cookie) : -1;
    if (holder >= 0) {
        suspect->number = holder;
        return;
    }
    if (suspect->state != SUSPECT_LEAKED) {
        suspects_drop(suspect);
        return;
    }
    suspects_set_state(suspect, SUSPECT_LOST);
    suspects_set_due(suspect, INT64_MAX);
    suspect->lost_round = rounds + 2; /* a round that began after now has ended by then */
}

static bool born_through_hook(int number)
{
    struct hint_copy hint;
    return number >= 0 && hints_copy(number, &hint) && hint.flags & HINT_BORN;
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
    enum armed armed = room->arm(number, handle, cookie);
    int twin = armed == ARMED_BEFORE ? sockets_holder(cookie) : -1;
    /* A socket is born under one number: what is noted here is another's, if its twin was born through a
     * hook. */
    bool stale = (before && generation == hint.generation) || born_through_hook(twin);
    deaf |= armed == ARMED_NOT;
    aliases |= twin >= 0;
    if (stale || !hints_tracked(number)) { /* no hook saw this one's birth: what is noted is about another */
        hints_adopt(number, hint.generation);
        hints_copy(number, &hint);
        if (twin >= 0)
            hints_share(number, hint.generation, twin);
        else if (number < (int)hints_capacity) /* above, it is met anew in each round */
            adopted++;
        hints_copy(number, &hint);
    }
    sockets_set(number, cookie, hint.generation);
    hints_known(number);
    return true;
}

/* Hints keep the low 32 bits of a moment: one in the last 49 days. */
static int64_t moment(uint32_t low, int64_t now)
{
    return now - (int64_t)((uint32_t)now - low);
}

static struct told told_from(const struct hint_copy *hint, const struct facts *facts)
{
    struct told told = {
        .reads_seen = hint->reader != 0,
        .eof = hint->flags & HINT_TOLD_EOF,
        .error = hint->flags & HINT_TOLD_ERROR,
        .shut = hint->flags & HINT_SHUT,
        .direction = hint->flags & HINT_IN    ? DIRECTION_IN
                     : hint->flags & HINT_OUT ? DIRECTION_OUT
                                              : facts->direction,
    };
    told.eof_at = moment(hint->eof_at, facts->now);
    if (hint->flags & HINT_BORN)
        told.born = moment(hint->born, facts->now);
    return told;
}

/* A socket held under several numbers: what the program was told under any of them, it was told. */
static void add_what_twins_were_told(int number, uint64_t cookie, int64_t now, struct told *told)
{
    for (int twin = 0; aliases && twin < sockets_end(); twin++) {
        struct hint_copy hint;
        if (twin == number || sockets_cookie(twin) != cookie || !hints_copy(twin, &hint))
            continue;
        told->reads_seen |= hint.reader != 0;
        if (hint.flags & HINT_TOLD_EOF && (!told->eof || moment(hint.eof_at, now) > told->eof_at))
            told->eof_at = moment(hint.eof_at, now);
        told->eof |= (hint.flags & HINT_TOLD_EOF) != 0;
        told->error |= (hint.flags & HINT_TOLD_ERROR) != 0;
        told->shut |= (hint.flags & HINT_SHUT) != 0;
    }
}

/*
 * The kernel knows which way the connection was made. Where the hint has it the
 * other way round it is about an earlier socket under this number, whose close passed no hook.
 */
static void distrust(int number, struct hint_copy *hint, const struct facts *facts)
{
    bool other_way = (facts->direction == DIRECTION_IN && hint->flags & HINT_OUT) ||
                     (facts->direction == DIRECTION_OUT && hint->flags & HINT_IN);
    if (!other_way)
        return;
    hints_adopt(number, hint->generation);
    hints_copy(number, hint);
    sockets_set(number, facts->cookie, hint->generation);
}

/* What the kernel forgets when the connection ends is kept while it is there. */
static void remember(int number, struct hint_copy *hint, const struct facts *facts)
{
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

static void leak(struct suspect *suspect, const struct facts *facts, const struct hint_copy *hint,
                 const struct verdict *verdict)
{
    uint32_t cause = 1u << verdict->cause;
    if (suspect->state == SUSPECT_LEAKED)
        return;
    if (!(suspect->reported & cause)) {
        if (log_is_busy || report_leak(facts, hint, suspect, verdict,
                                       watch->talk->may_share && others_hold(facts->inode)) == REPORT_BUSY) {
            log_is_busy = true;
            suspects_set_due(suspect, facts->now + 1);
            return;
        }
        tally.leaks++;
        tally.by_cause[verdict->cause]++;
        __atomic_store_n(&watch->talk->leaks, tally.leaks, __ATOMIC_RELEASE);
    }
    suspect->reported |= cause;
    suspect->cause = verdict->cause;
    suspect->direction = verdict->direction;
    suspect->local = facts->local;
    suspect->site = hint->site;
    suspects_set_state(suspect, SUSPECT_LEAKED);
}

static void judge(int number, const struct facts *facts, const struct hint_copy *hint)
{
    struct told told = told_from(hint, facts);
    struct suspect *suspect = suspects_find(facts->cookie);
    struct past past = {.peer = hint->peer};
    add_what_twins_were_told(number, facts->cookie, facts->now, &told);
    if (suspect)
        past = suspect->past;
    if (!past.ended_at)
        past.ended_at = verdict_ended_at(facts, &told, watch->finish_only);
    struct verdict result = verdict(facts, &told, &past, watch->policy);
    if (result.kind == VERDICT_ALIVE) {
        if (suspect)
            suspects_drop(suspect);
        return;
    }
    suspect = suspect_for(number, facts, hint);
    if (!suspect)
        return;
    suspect->past.ended_at = past.ended_at;
    suspects_set_due(suspect, result.at);
    if (result.kind == VERDICT_LEAK)
        leak(suspect, facts, hint, &result);
    else if (suspect->state == SUSPECT_LEAKED)
        suspects_set_state(suspect, SUSPECT_WATCHED); /* it has come alive */
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
    if (rearming || !suspects_find(facts.cookie)) /* in the shared room, to be told again */
        room->arm(number, handle, facts.cookie);
}

/* stirred: something is known to have happened; otherwise only whether it is still the same socket is asked.
 */
static void look(int number, bool stirred)
{
    int handle = room->borrow(number);
    room_lost |= handle == -ESRCH;
    if (handle < 0 && handle != -EBADF)
        return; /* no telling: RLIMIT_NOFILE holds for our table too */
    uint64_t cookie = handle >= 0 ? probe_cookie(handle) : 0;
    uint64_t before = sockets_cookie(number);
    uint32_t generation = sockets_generation(number);
    if (before && cookie != before) {
        lost(number, before);
        if (!stirred)
            keen = KEEN_TICKS; /* it went past the hooks, so others may */
    }
    if (cookie && cookie != before) {
        if (meet(number, handle, cookie, before, generation))
            examine(number, handle, cookie);
    } else if (cookie && stirred) {
        struct hint_copy hint;
        if (hints_copy(number, &hint)) /* connect() and the like make a new generation of the same socket */
            sockets_set(number, cookie, hint.generation);
        examine(number, handle, cookie);
    } else if (!cookie && hints_tracked(number)) {
        struct hint_copy hint;
        if (hints_copy(number, &hint))
            hints_disown(number, hint.generation);
    }
    if (handle >= 0)
        room->give_back(handle);
}

static void set_bit(uint64_t *words, int *end, int number)
{
    words[number / 64] |= 1ull << number % 64;
    if (number >= *end)
        *end = number + 1;
}

/* A number that we know is looked at now; a new one only once it has outlived a tick. */
static void heard_of(int number, void *context)
{
    (void)context;
    if (sockets_cookie(number))
        look(number, true);
    else
        set_bit(fresh, &fresh_end, number);
}

static void look_at_births(bool last)
{
    hints_take_changes(heard_of, NULL);
    for (int word = 0; word * 64 < waiting_end; word++) {
        uint64_t old_enough = waiting[word] & ~(last ? 0 : fresh[word]);
        for (; old_enough; old_enough &= old_enough - 1)
            look(word * 64 + __builtin_ctzll(old_enough), true);
        waiting[word] = 0;
    }
    waiting_end = 0;
    for (int word = 0; word * 64 < fresh_end; word++) {
        uint64_t born = fresh[word];
        fresh[word] = 0;
        for (; born; born &= born - 1) {
            int number = word * 64 + __builtin_ctzll(born);
            if (last)
                look(number, true);
            else
                set_bit(waiting, &waiting_end, number);
        }
    }
    fresh_end = 0;
}

static void look_at_news(int most, bool whole_round)
{
    struct news news[ROOM_NEWS_MAX];
    bool round_done = false, more = true;
    for (int calls = 0; calls < most && (more || (whole_round && !round_done)); calls++) {
        size_t count = room->news(news, &round_done, &more);
        for (size_t i = 0; i < count; i++) {
            int number = news[i].number;
            if (news[i].cookie && (uint32_t)sockets_cookie(number) != news[i].cookie)
                number =
                    sockets_holder_of_half(news[i].cookie); /* it was armed under a number that is gone */
            if (number >= 0)
                look(number, news[i].stirred);
        }
        rounds += round_done;
        if (interrupted())
            return;
    }
}

/* Some of the known ones, though nothing was heard of them: their close may have passed no hook. */
static void look_again(void)
{
    int end = atomic_load_explicit(&hints_end, memory_order_relaxed);
    int most = keen || deaf ? KNOWN_WHEN_KEEN : KNOWN_AT_ONCE;
    for (int walked = 0; most && walked < end && walked < WALKED_AT_ONCE; walked++) {
        if (next_known >= end)
            next_known = 0;
        if (sockets_cookie(next_known)) {
            look(next_known, deaf);
            most--;
        }
        next_known++;
    }
    keen -= keen > 0;
}

static void look_at_suspects(int64_t now)
{
    struct suspect *suspect;
    for (uint32_t position = 0; (suspect = suspects_next_due(&position, now));) {
        look(suspect->number, true);
        if (interrupted() || log_is_busy)
            return;
    }
}

static void report_the_healed(bool last)
{
    struct suspect *suspect;
    if (!suspects_count(SUSPECT_LOST))
        return;
    for (uint32_t position = 0; (suspect = suspects_next(&position, SUSPECT_LOST));) {
        if (!last && (int32_t)(rounds - suspect->lost_round) < 0)
            continue;
        if (log_is_busy || report_healed(suspect, bare_now()) == REPORT_BUSY) {
            log_is_busy = true;
            return;
        }
        tally.healed++;
        suspects_drop(suspect);
    }
}

/* What was there before the watcher: handed down by whoever forked or started us. */
static void look_at_inheritance(void)
{
    uint32_t found = hints_all_changed(), born = *hints_births;
    adopted += found > born ? found - born : 0;
    has_looked = true;
}

static void tick(void)
{
    if (!has_looked)
        look_at_inheritance();
    log_is_busy = false;
    site_forget();
    others_forget();
    look_at_births(false);
    look_at_news(NEWS_ROUNDS_MAX, suspects_count(SUSPECT_LOST) > 0); /* whether another number holds it */
    look_again();
    look_at_suspects(bare_now());
    report_the_healed(false);
    backlog_look(watch->policy);
}

/* The last look: everything once, also what is not due; what the log refuses is offered again for a while. */
static void finish(void)
{
    int64_t began = bare_now(), progress = began;
    log_is_busy = false;
    site_forget();
    others_forget();
    /* A forked child that ends before its first tick has only what it made itself to answer for. */
    bool briefly = watch->talk->forked && !has_looked;
    if (!has_looked && !briefly)
        look_at_inheritance();
    look_at_births(true);
    if (!briefly)
        look_at_news(LAST_ROUNDS_MAX, true);
    for (;;) {
        uint32_t before = tally.leaks + tally.healed;
        log_is_busy = false;
        look_at_suspects(INT64_MAX - 1);
        report_the_healed(true);
        int64_t now = bare_now();
        if (tally.leaks + tally.healed != before)
            progress = now;
        if (!log_is_busy || now - began > LAST_WORDS_MS || now - progress > LAST_STALL_MS)
            break;
        bare_wait(&watch->talk->order, ORDER_FINISH, 5);
    }
    tally.sockets = *hints_births + adopted;
    tally.lost = report_lost();
    report_summary(&tally);
}

/* What is left in memory is a parent's, or nobody's. */
static bool begin_anew(void)
{
    memset(&tally, 0, sizeof tally);
    memset(waiting, 0, (size_t)(waiting_end + 63) / 64 * sizeof *waiting);
    memset(fresh, 0, (size_t)(fresh_end + 63) / 64 * sizeof *fresh);
    waiting_end = fresh_end = 0;
    aliases = has_looked = false;
    keen = next_known = 0;
    adopted = 0;
    return sockets_open(hints_capacity);
}

/* The room is new, what is known is not: every known socket is to be armed again. */
static void go_on(void)
{
    rearming = true;
    for (int number = 0; number < sockets_end(); number++)
        if (sockets_cookie(number))
            look(number, true);
    rearming = false;
}

static bool enter(void)
{
    struct talk *talk = watch->talk;
    bool known = talk->watching;
    room = watch->room;
    deaf = false;
    raw2(SYS_prctl, SET_NAME, (long)"waitclose"); /* as top -H and ps -L show it */
    if (!room->enter(talk->room != room))
        return false;
    talk->room = room;
    log_enter(room);
    others_enter(room, !known);
    backlog_enter(room);
    if (!known && !begin_anew())
        return false;
    talk->watching = true;
    if (known)
        go_on();
    return true;
}

static void tell_paused(uint32_t paused)
{
    __atomic_store_n(&watch->talk->paused, paused, __ATOMIC_RELEASE);
    bare_wake(&watch->talk->paused);
}

static void take_rights(void *refused)
{
    if (!rights_take(watch->rights))
        *(bool *)refused = true;
}

/* While the program's rights change. The log is opened before: afterwards nobody here may have the right to.
 */
static void pause(void)
{
    log_prepare();
    tell_paused(1);
    while (order() == ORDER_PAUSE)
        bare_wait(&watch->talk->order, ORDER_PAUSE, INT32_MAX);
    if (order() != ORDER_FOLLOW)
        return;
    room->everywhere(take_rights, &rights_lost);
    uint32_t follow = ORDER_FOLLOW;
    __atomic_compare_exchange_n(&watch->talk->order, &follow, ORDER_NONE, false, __ATOMIC_ACQ_REL,
                                __ATOMIC_ACQUIRE);
    if (!rights_lost)
        tell_paused(0);
}

/* Until it is to stop or to finish, or cannot go on. */
static void keep_watch(void)
{
    while (order() < ORDER_STOP && !room_lost && !rights_lost) {
        if (order() == ORDER_NONE)
            bare_wait(&watch->talk->order, ORDER_NONE, watch->policy->process.interval);
        if (order() == ORDER_NONE)
            tick();
        else if (order() == ORDER_PAUSE)
            pause();
    }
}

enum watch_end watcher_run(const struct watch *given)
{
    watch = given;
    room_lost = rights_lost = false;
    if (!enter())
        return WATCH_ROOM_LOST;
    if (!watch->finish_only)
        keep_watch();
    if (watch->finish_only || order() == ORDER_FINISH)
        finish();
    room->leave();
    return room_lost ? WATCH_ROOM_LOST : rights_lost ? WATCH_RIGHTS_LOST : WATCH_DONE;
}
