/*
 * The watcher: a bare thread that looks, each interval, at the sockets that have
 * news, and reports what leaks. No libc (see thread.h).
 */
#ifndef WAITCLOSE_WATCHER_H
#define WAITCLOSE_WATCHER_H

#include <stdbool.h>
#include <stdint.h>

#include "room.h"
#include "waitclose/policy.h"

enum order { ORDER_NONE, ORDER_STOP, ORDER_FINISH };

/* What the program's side and the watcher say to each other. All atomic. */
struct talk {
    uint32_t order; /* enum order; a futex that the watcher sleeps on */
    uint32_t leaks; /* sockets reported as leaks so far */
    bool may_share; /* it has forked, or was born with sockets: other processes may hold the same */
};

struct watch {
    const struct policy *policy;
    const struct room *room;
    struct talk *talk;
    bool resumed;     /* it watched this process before and was stopped: what it knows still holds */
    bool finish_only; /* watch=off: one look at the program's end */
};

/*
 * Looks until ordered to stop or to finish; after ORDER_FINISH it has taken a last
 * look and written the summary. False: the room cannot be had, or was lost.
 */
bool watcher_run(const struct watch *watch);

#endif
