/*
 * The watcher: a bare thread that looks, each interval, at the sockets that have
 * news, and reports what leaks. No libc (see thread.h).
 */
#ifndef WAITCLOSE_WATCHER_H
#define WAITCLOSE_WATCHER_H

#include <stdbool.h>
#include <stdint.h>

#include "rights.h"
#include "room.h"
#include "waitclose/policy.h"

enum order {
    ORDER_NONE,
    ORDER_PAUSE, /* do nothing, until ORDER_FOLLOW: take the rights in `talk` */
    ORDER_FOLLOW,
    ORDER_STOP,
    ORDER_FINISH,
};

/* What the program's side and the watcher say to each other. All atomic. */
struct talk {
    uint32_t order;   /* enum order; a futex that the watcher sleeps on */
    uint32_t paused;  /* 1: the watcher has stopped to look; a futex */
    const void *room; /* the struct room last entered in this process: what its memory holds is valid */
    bool watching;    /* the watcher's own memory is valid */
    uint32_t leaks;   /* sockets reported as leaks so far */
    bool forked;      /* this process is a forked child */
    bool born_with;   /* the program was born with sockets */
    bool may_share;   /* it has forked, or was born with sockets: other processes may hold the same */
};

struct watch {
    const struct policy *policy;
    const struct rights *rights; /* to be taken at ORDER_FOLLOW */
    const struct room *room;
    struct talk *talk;
    bool finish_only; /* watch=off: one look at the program's end */
};

enum watch_end {
    WATCH_DONE,
    WATCH_ROOM_LOST,   /* it cannot be had, or no longer */
    WATCH_RIGHTS_LOST, /* it could not follow the program's rights */
};

/*
 * Looks until ordered to stop or to finish; after ORDER_FINISH it has taken a last
 * look and written the summary.
 */
enum watch_end watcher_run(const struct watch *watch);

#endif
