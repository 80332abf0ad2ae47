#include "tick.h"

#include "backlog.h"
#include "bare.h"
#include "ending.h"
#include "hints.h"
#include "limit.h"
#include "look.h"
#include "options.h"
#include "others.h"
#include "site.h"
#include "sockets.h"

enum {
    NEWS_ROUNDS_MAX = 64,  /* calls of news() in one tick, so that a storm leaves room for an order */
    LAST_ROUNDS_MAX = 512, /* the same for the last look */
    KNOWN_AT_ONCE = 16,    /* known sockets a tick that are looked at again; 1.7 microseconds each */
    KNOWN_WHEN_KEEN = 512, /* the same while some are seen to pass the hooks */
    WALKED_AT_ONCE = 8192,
    LAST_WORDS_MS = 1000, /* how long the end waits for a log whose reader still makes progress */
    LAST_STALL_MS = 200,  /* and for one that does not */
};

static uint64_t waiting[HINTS_MAX / 64]; /* numbers whose birth was heard of in the last tick */
static uint64_t fresh[HINTS_MAX / 64];   /* and in this one */
static int waiting_end, fresh_end;
static int next_known;

void tick_open(void)
{
    memset(waiting, 0, (size_t)(waiting_end + 63) / 64 * sizeof *waiting);
    memset(fresh, 0, (size_t)(fresh_end + 63) / 64 * sizeof *fresh);
    waiting_end = fresh_end = next_known = 0;
}

/* Somebody waits for the watcher to stop or to pause: the rest of this tick can wait for the next. */
static bool interrupted(void)
{
    uint32_t order = __atomic_load_n(&looking.watch->talk->order, __ATOMIC_ACQUIRE);
    return order == ORDER_STOP || order == ORDER_PAUSE;
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
        size_t count = looking.room->news(news, &round_done, &more);
        for (size_t i = 0; i < count; i++) {
            int number = news[i].number;
            if (news[i].cookie && (uint32_t)sockets_cookie(number) != news[i].cookie)
                number =
                    sockets_holder_of_half(news[i].cookie); /* it was armed under a number that is gone */
            if (number >= 0)
                look(number, news[i].stirred);
        }
        looking.rounds += round_done;
        if (interrupted())
            return;
    }
}

/* Some of the known ones, though nothing was heard of them: their close may have passed no hook. */
static void look_again(void)
{
    int end = atomic_load_explicit(&hints_end, memory_order_relaxed);
    int most = looking.keen || looking.deaf ? KNOWN_WHEN_KEEN : KNOWN_AT_ONCE;
    for (int walked = 0; most && walked < end && walked < WALKED_AT_ONCE; walked++) {
        if (next_known >= end)
            next_known = 0;
        if (sockets_cookie(next_known)) {
            look(next_known, looking.deaf);
            most--;
        }
        next_known++;
    }
    looking.keen -= looking.keen > 0;
}

/* Numbers may have been reused past the hooks. */
static void look_at_all_known(void)
{
    for (int number = 0; number < sockets_end(); number++)
        if (sockets_cookie(number))
            look(number, false);
}

static void look_at_suspects(int64_t now)
{
    struct suspect *suspect;
    for (uint32_t position = 0; (suspect = suspects_next_due(&position, now));) {
        look(suspect->number, true);
        if (interrupted() || (looking.log_is_busy && !looking.may_end))
            return;
    }
}

static void report_the_healed(bool last)
{
    struct suspect *suspect;
    if (!suspects_count(SUSPECT_LOST))
        return;
    for (uint32_t position = 0; (suspect = suspects_next(&position, SUSPECT_LOST));) {
        if (suspect->untold || (!last && (int32_t)(looking.rounds - suspect->lost_round) < 0))
            continue;
        if (looking.log_is_busy || report_healed(suspect, bare_now()) == REPORT_BUSY) {
            looking.log_is_busy = true;
            return;
        }
        looking.tally.healed++;
        suspects_drop(suspect);
    }
}

/* Once for each key. */
static void report_refused_options(void)
{
    struct refused_option refused;
    while (options_next_refused(&refused))
        report_refused(refused.number, refused.key, refused.error);
}

/* What was there before the watcher: handed down by whoever forked or started us. */
static void look_at_inheritance(void)
{
    uint32_t found = hints_all_changed(), born = *hints_births;
    looking.adopted += found > born ? found - born : 0;
    looking.has_looked = true;
}

void tick(void)
{
    if (!looking.has_looked)
        look_at_inheritance();
    looking.log_is_busy = false;
    site_forget();
    others_forget();
    ending_take_settled();
    look_at_births(false);
    look_at_news(NEWS_ROUNDS_MAX, suspects_count(SUSPECT_LOST) > 0); /* whether another number holds it */
    look_again();
    look_at_suspects(bare_now());
    ending_do();
    report_refused_options();
    report_the_healed(false);
    limit_look(&looking.watch->policy->process);
    backlog_look(looking.watch->policy);
}

void tick_last(void)
{
    int64_t began = bare_now(), progress = began;
    looking.log_is_busy = false;
    looking.ending = true;
    site_forget();
    others_forget();
    /* A forked child that ends before its first tick has only what it made itself to answer for. */
    bool briefly = looking.watch->talk->forked && !looking.has_looked;
    if (!looking.has_looked && !briefly)
        look_at_inheritance();
    look_at_births(true);
    if (!briefly) {
        look_at_news(LAST_ROUNDS_MAX, true);
        look_at_all_known();
    }
    for (;;) {
        uint32_t before = looking.tally.leaks + looking.tally.healed;
        looking.log_is_busy = false;
        ending_take_settled();
        look_at_suspects(INT64_MAX - 1);
        report_the_healed(true);
        int64_t now = bare_now();
        if (looking.tally.leaks + looking.tally.healed != before)
            progress = now;
        if (!looking.log_is_busy || now - began > LAST_WORDS_MS || now - progress > LAST_STALL_MS)
            break;
        bare_wait(&looking.watch->talk->order, ORDER_FINISH, 5);
    }
    report_refused_options();
    looking.tally.sockets = *hints_births + looking.adopted;
    looking.tally.lost = report_lost();
    report_summary(&looking.tally);
}
