#include "watcher.h"

#include "alone.h"
#include "backlog.h"
#include "bare.h"
#include "ending.h"
#include "hints.h"
#include "limit.h"
#include "log.h"
#include "look.h"
#include "others.h"
#include "raw.h"
#include "sockets.h"
#include "tick.h"

enum { SET_NAME = 15 /* PR_SET_NAME, prctl(2) */ };

static const struct watch *watch;
static bool rights_lost; /* the kernel would not let us follow the program's */

static uint32_t order(void)
{
    return __atomic_load_n(&watch->talk->order, __ATOMIC_ACQUIRE);
}

/* What is left in memory is a parent's, or nobody's. */
static bool begin_anew(void)
{
    looking = (struct looking){.watch = watch, .room = watch->room};
    for (size_t i = 0; i < watch->policy->rule_count; i++)
        looking.may_end |= watch->policy->rules[i].values.action >= ACTION_FIN;
    tick_open();
    ending_open();
    limit_open();
    return sockets_open(hints_capacity);
}

/* The room is new, what is known is not: every known socket is to be armed again. */
static void go_on(void)
{
    looking.rearming = true;
    for (int number = 0; number < sockets_end(); number++)
        if (sockets_cookie(number))
            look(number, true);
    looking.rearming = false;
}

static bool enter(void)
{
    struct talk *talk = watch->talk;
    const struct room *room = watch->room;
    bool known = talk->watching;
    raw2(SYS_prctl, SET_NAME, (long)ALONE_THREAD_NAME);
    if (!room->enter(talk->room != room))
        return false;
    talk->room = room;
    log_enter(room);
    others_enter(room, !known, talk);
    backlog_enter(room);
    if (!known && !begin_anew())
        return false;
    talk->watching = true;
    looking.watch = watch;
    looking.room = room;
    looking.deaf = looking.room_lost = false;
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

/*
 * While the program's rights change. The log is opened before: afterwards nobody here may have the
 * right to.
 */
static void pause(void)
{
    log_prepare();
    tell_paused(1);
    while (order() == ORDER_PAUSE)
        bare_wait(&watch->talk->order, ORDER_PAUSE, INT32_MAX);
    if (order() != ORDER_FOLLOW)
        return;
    watch->room->everywhere(take_rights, &rights_lost);
    uint32_t follow = ORDER_FOLLOW;
    __atomic_compare_exchange_n(&watch->talk->order, &follow, ORDER_NONE, false, __ATOMIC_ACQ_REL,
                                __ATOMIC_ACQUIRE);
    if (!rights_lost)
        tell_paused(0);
}

/* Until it is to stop or to finish, or cannot go on. */
static void keep_watch(void)
{
    while (order() < ORDER_STOP && !looking.room_lost && !rights_lost) {
        if (order() == ORDER_NONE)
            bare_wait(&watch->talk->order, ORDER_NONE, watch->policy->process.interval);
        if (order() == ORDER_NONE) {
            alone_end(watch->room);
            tick();
        } else if (order() == ORDER_PAUSE)
            pause();
    }
}

enum watch_end watcher_run(const struct watch *given)
{
    watch = given;
    rights_lost = false;
    if (!enter())
        return WATCH_ROOM_LOST;
    if (!watch->finish_only)
        keep_watch();
    if (watch->finish_only || order() == ORDER_FINISH)
        tick_last();
    watch->room->leave();
    return looking.room_lost ? WATCH_ROOM_LOST : rights_lost ? WATCH_RIGHTS_LOST : WATCH_DONE;
}
