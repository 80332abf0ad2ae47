#include "ending.h"

#include <errno.h>

#include "act.h"
#include "bare.h"
#include "heartbeat.h"
#include "hints.h"
#include "life.h"
#include "look.h"
#include "others.h"
#include "probe.h"
#include "settle.h"

enum {
    EPOLLS_MAX = 1024,
    HEED_MS = 1000, /* how long a loop has to heed that an idle connection has been ended */
};

static int epolls[EPOLLS_MAX]; /* the program's, in this tick */
static size_t epoll_count;
static bool anything_untold, anything_to_forget;

/* Every number that is known to hold the socket. */
static void at_each_number(const struct suspect *suspect, void (*function)(int number, void *context),
                           void *context)
{
    function(suspect->number, context);
    for (int twin = 0; looking.aliases && twin < sockets_end(); twin++)
        if (twin != suspect->number && sockets_cookie(twin) == suspect->cookie)
            function(twin, context);
}

static void mark_ended(int number, void *suspect)
{
    hints_mark_ended(number, (uint32_t)((struct suspect *)suspect)->cookie);
}

static void mark_alive(int number, void *unused)
{
    (void)unused;
    hints_mark_revived(number);
}

static void forget(int number, void *handle)
{
    for (size_t i = 0; i < epoll_count; i++)
        looking.room->forget(epolls[i], number, *(int *)handle);
}

/*
 * Epolls forget it first: a loop that has not heeded the peer's end, and watches for nothing, would spin on
 * the hang-up that is to come. But an idle connection is watched by whoever waits for the peer's next word;
 * there the hang-up is news, and epolls forget it only if it is not heeded.
 */
static long close_socket(struct suspect *suspect, int handle)
{
    if (suspect->cause == CAUSE_IDLE) {
        suspect->forget_at = bare_now() + HEED_MS;
        anything_to_forget = true;
    } else {
        at_each_number(suspect, forget, &handle);
    }
    return act_close(handle);
}

static void forget_late(struct suspect *suspect)
{
    int handle = looking.room->borrow(suspect->number);
    if (handle < 0)
        return;
    if (probe_cookie(handle) == suspect->cookie)
        at_each_number(suspect, forget, &handle);
    suspect->forget_at = 0;
    looking.room->give_back(handle);
}

static bool forgets_now(const struct suspect *suspect, int64_t now)
{
    return suspect->forget_at && suspect->forget_at <= now;
}

static void done(struct suspect *suspect, long result)
{
    bool to_release = suspect->action == ACTION_CLOSE && suspect->release != DURATION_OFF;
    suspect->tried = suspect->untold = anything_untold = true;
    suspect->result = result;
    suspect->done_at = bare_now();
    suspects_set_due(suspect, INT64_MAX);
    if (result != 0) {
        suspects_set_state(suspect, SUSPECT_LEAKED);
        return;
    }
    suspects_set_state(suspect, to_release ? SUSPECT_TO_RELEASE : SUSPECT_ENDED);
    looking.tally.acted++;
}

/* Not now: it is looked at again at that time, or as any other leak. */
static void leave(struct suspect *suspect, int64_t at)
{
    int64_t latest = bare_now() + LEAKED_AGAIN_MS;
    suspects_set_state(suspect, SUSPECT_LEAKED);
    suspects_set_due(suspect, at < latest ? at : latest);
}

static void ask_to_drop(struct suspect *suspect)
{
    settle_know_epolls(epolls, epoll_count);
    if (!settle_ask(suspect->number, suspect->cookie, SETTLE_DROP)) {
        leave(suspect, INT64_MAX);
        return;
    }
    suspects_set_state(suspect, SUSPECT_ASKED);
    suspects_set_due(suspect, bare_now() + LEAKED_AGAIN_MS); /* it may come alive meanwhile */
}

/* The marks come first: the program may write in the very moment of the end. */
static void end_connection(struct suspect *suspect, int handle, enum remedy remedy)
{
    at_each_number(suspect, mark_ended, suspect);
    long result = remedy == REMEDY_FIN     ? act_fin(handle)
                  : remedy == REMEDY_RESET ? act_reset(handle)
                                           : close_socket(suspect, handle);
    if (result != 0)
        at_each_number(suspect, mark_alive, NULL);
    done(suspect, result);
}

static void apply(struct suspect *suspect, int handle, const struct verdict *verdict)
{
    enum remedy remedy = verdict_remedy(verdict, suspect->shared);
    if (remedy == REMEDY_NONE) /* until the other process lets go */
        leave(suspect, verdict->at);
    else if (remedy == REMEDY_DROP)
        ask_to_drop(suspect);
    else
        end_connection(suspect, handle, remedy);
}

static void end(struct suspect *suspect)
{
    struct facts facts;
    struct verdict verdict;
    int handle = looking.room->borrow(suspect->number);
    if (handle < 0) {
        leave(suspect, INT64_MAX);
        return;
    }
    if (look_judge(suspect, handle, &facts, &verdict) && verdict.kind == VERDICT_LEAK &&
        verdict.action >= ACTION_FIN) {
        suspect->action = verdict.action;
        suspect->release = verdict.release;
        suspect->shared = others_hold(facts.inode);
        apply(suspect, handle, &verdict);
    } else {
        leave(suspect, 0);
    }
    looking.room->give_back(handle);
}

static void end_all(void *unused)
{
    struct suspect *suspect;
    (void)unused;
    for (uint32_t position = 0; (suspect = suspects_next(&position, SUSPECT_TO_END));)
        end(suspect);
    heartbeat_send();
    for (uint32_t position = 0; anything_to_forget && (suspect = suspects_next_of_all(&position));)
        if (forgets_now(suspect, bare_now()))
            forget_late(suspect);
}

/* It is told once for each socket, and tried again: whoever hid its descriptors may have gone. */
static void refuse_all(long result)
{
    struct suspect *suspect;
    for (uint32_t position = 0; (suspect = suspects_next(&position, SUSPECT_TO_END));) {
        bool news = suspect->result != result;
        suspect->untold |= news;
        anything_untold |= news;
        suspect->result = result;
        leave(suspect, INT64_MAX);
    }
}

/* Also whether any is to forget later. */
static bool anything_forgets_now(void)
{
    struct suspect *suspect;
    bool now = false, later = false;
    int64_t clock = bare_now();
    for (uint32_t position = 0; anything_to_forget && (suspect = suspects_next_of_all(&position));) {
        later |= suspect->forget_at != 0;
        now |= forgets_now(suspect, clock);
    }
    anything_to_forget = later;
    return now;
}

static bool anything_to_close(void)
{
    struct suspect *suspect;
    for (uint32_t position = 0; (suspect = suspects_next(&position, SUSPECT_TO_END));)
        if (suspect->action == ACTION_CLOSE)
            return true;
    return false;
}

/* In a sandbox the hooks could not keep the program's writes from raising SIGPIPE (hook_write.c). */
static void end_and_beat(void)
{
    bool forgets = anything_forgets_now();
    if ((!suspects_count(SUSPECT_TO_END) && !looking.beats && !forgets) || life_sandboxed())
        return;
    bool others_matter = suspects_count(SUSPECT_TO_END) || looking.watch->talk->may_share;
    long certain = others_matter ? others_certain() : 0;
    if (certain == 0) {
        epoll_count = forgets || anything_to_close() ? looking.room->epolls(epolls, EPOLLS_MAX) : 0;
        if (!looking.room->visit(end_all, NULL))
            certain = -ENOMEM;
    }
    if (certain != 0 && certain != -EAGAIN)
        refuse_all(certain);
    heartbeat_take(certain);
}

/* Numbers of what action=close has ended. */
static void ask_to_release(void)
{
    struct suspect *suspect;
    int64_t now = bare_now();
    if (!suspects_count(SUSPECT_TO_RELEASE))
        return;
    for (uint32_t position = 0; (suspect = suspects_next(&position, SUSPECT_TO_RELEASE));) {
        bool if_emfile = suspect->release == RELEASE_EMFILE;
        if (suspect->untold || (!if_emfile && suspect->done_at + suspect->release > now))
            continue;
        if (!settle_ask(suspect->number, suspect->cookie,
                        if_emfile ? SETTLE_RELEASE_IF_EMFILE : SETTLE_RELEASE))
            return;
        suspects_set_state(suspect, SUSPECT_ASKED);
    }
}

/* A number that still holds it, or -1. */
static int other_holder(const struct suspect *suspect)
{
    return looking.aliases ? sockets_holder(suspect->cookie) : -1;
}

/* And what was said of it is said. Its other number, if it has one, is next. */
static void was_released(struct suspect *suspect)
{
    int holder = other_holder(suspect);
    if (holder < 0) {
        suspects_drop(suspect);
        return;
    }
    suspect->number = holder;
    suspects_set_state(suspect, SUSPECT_TO_RELEASE);
}

/* False: the log has no room now. But what has a number to be given back does not wait for it for ever. */
static bool tell(struct suspect *suspect)
{
    static const char *const actions[] = {
        [ACTION_FIN] = "fin", [ACTION_RESET] = "reset", [ACTION_CLOSE] = "close"};
    bool released = suspect->state == SUSPECT_RELEASED;
    bool waits = released || suspect->state == SUSPECT_TO_RELEASE;
    bool busy = looking.log_is_busy || report_action(suspect, released ? "release" : actions[suspect->action],
                                                     suspect->result) == REPORT_BUSY;
    looking.log_is_busy |= busy;
    if (busy && !(waits && look_given_up(&suspect->refused_at)))
        return false;
    suspect->untold = false;
    if (released)
        was_released(suspect);
    return true;
}

static void tell_all(void)
{
    struct suspect *suspect;
    if (!anything_untold)
        return;
    anything_untold = false;
    for (uint32_t position = 0; (suspect = suspects_next_of_all(&position));)
        anything_untold |= suspect->untold && !tell(suspect);
}

/*
 * The number holds a dead socket now; all that is known of the one that was dropped is known of it.
 * Unless another number of ours holds that too: then it is next.
 */
static void take_dropped(struct suspect *suspect, const struct settled *settled)
{
    struct hint_copy hint;
    struct suspect copy = *suspect;
    hints_copy(settled->number, &hint);
    sockets_set(settled->number, settled->dead, hint.generation);
    int holder = other_holder(suspect);
    if (holder >= 0) {
        suspect->number = holder;
        suspects_set_state(suspect, SUSPECT_LEAKED);
        suspects_set_due(suspect, 0);
        return;
    }
    suspects_drop(suspect);
    suspect = suspects_make(settled->dead); /* there is room: its own */
    copy.cookie = settled->dead;
    copy.state = suspect->state;
    *suspect = copy;
    done(suspect, 0);
}

static void take(struct suspect *suspect, const struct settled *settled)
{
    if (settled->done && settled->kind == SETTLE_DROP) {
        take_dropped(suspect, settled);
    } else if (settled->done) {
        if (sockets_cookie(settled->number) == settled->cookie) /* not yet another's */
            sockets_set(settled->number, 0, 0);
        suspects_set_state(suspect, SUSPECT_RELEASED);
        suspect->untold = anything_untold = true;
    } else if (sockets_cookie(suspect->number) !=
               suspect->cookie) { /* the program was first, and closed it */
        look_lost(suspect);
    } else { /* or came back to it */
        suspects_set_state(suspect, suspect_is_ended(suspect) ? SUSPECT_ENDED : SUSPECT_LEAKED);
        suspects_set_due(suspect, 0);
    }
}

void ending_take_settled(void)
{
    struct settled settled;
    while (settle_next(&settled)) {
        struct suspect *suspect = suspects_find(settled.cookie);
        if (suspect)
            take(suspect, &settled);
    }
    tell_all();
}

bool ending_withdraw(struct suspect *suspect)
{
    if (suspect->state != SUSPECT_ASKED)
        return true;
    if (!settle_withdraw(suspect->cookie))
        return false;
    suspects_set_state(suspect, SUSPECT_LEAKED);
    return true;
}

bool ending_lost(struct suspect *suspect)
{
    return suspect->state == SUSPECT_RELEASED || !ending_withdraw(suspect);
}

void ending_do(void)
{
    end_and_beat();
    tell_all();
    ask_to_release(); /* what was told */
}

void ending_open(void)
{
    anything_untold = anything_to_forget = false;
}
