/*
 * One look at what lies under a descriptor number: which socket it is now, what
 * the kernel and the hints say of it, and the verdict. Watcher only; no libc.
 */
#ifndef WAITCLOSE_LOOK_H
#define WAITCLOSE_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"
#include "room.h"
#include "watcher.h"

enum {
    LEAKED_AGAIN_MS = 5000, /* what is reported is looked at again no sooner: it may have come alive */
    LOG_PATIENCE_MS = 5000, /* how long an end, a release or a signal waits for the line before it */
};

/* What the watcher's looks share, and what they have come to so far. */
struct looking {
    const struct watch *watch;
    const struct room *room;
    struct tally tally;
    uint32_t adopted; /* sockets that passed no hook at birth */
    uint32_t rounds;  /* completed rounds through all that is open */
    uint32_t beats;   /* suspects on which a heartbeat is due */
    int keen;         /* ticks for which more of the known are looked at again: some have passed the hooks */
    bool aliases;     /* some socket is held under two numbers */
    bool deaf;        /* some socket could not be armed */
    bool rearming;    /* the room is new, what is known is not */
    bool may_end;     /* the policy knows of leaks that are to be ended */
    bool ending;      /* this is the last look */
    bool has_looked;  /* the first tick has come */
    bool room_lost;   /* none of the program's threads has a table that we may look into */
    bool log_is_busy; /* since the tick's first refusal */
};

extern struct looking looking;

/*
 * stirred: something is known to have happened; otherwise only whether it is still the same socket
 * is asked.
 */
void look(int number, bool stirred);

/*
 * The log has no room for a line on which something waits; *refused_at: since when, or 0. Whether that has
 * been so for too long, and the line is given up.
 */
bool look_given_up(int64_t *refused_at);

/* A suspect's number holds it no longer: what was reported is healed unless another number turns out to hold
 * it. */
void look_lost(struct suspect *suspect);

/*
 * Asks the kernel everything about a suspect once more, through a handle, and
 * judges it. False: the handle is on another socket, or it is being rewritten.
 */
bool look_judge(const struct suspect *suspect, int handle, struct facts *facts, struct verdict *result);

#endif
