/*
 * The watcher's memory: which socket lies under which number, and the suspects,
 * those whose peer has stirred, one record for each socket however many numbers hold it.
 * Watcher only. Idle sockets cost 12 bytes here, suspects some 200.
 */
#ifndef WAITCLOSE_SOCKETS_H
#define WAITCLOSE_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "verdict.h"
#include "waitclose/status.h"

enum suspect_state {
    SUSPECT_FREE,
    SUSPECT_WATCHED,    /* to be looked at again at `due` */
    SUSPECT_LEAKED,     /* reported; looked at again now and then, for it may come alive */
    SUSPECT_TO_END,     /* reported, and the policy wants an end of it: at the end of this tick */
    SUSPECT_ENDED,      /* done; not judged any more */
    SUSPECT_TO_RELEASE, /* the same, and its number is to be given back */
    SUSPECT_ASKED,      /* settle.c has been asked to give its number back, or to drop it */
    SUSPECT_RELEASED,   /* its number is free: to be told of */
    SUSPECT_LOST,       /* reported, and its number holds it no more: healed, unless another number does */
    SUSPECT_STATES
};

struct suspect {
    uint64_t cookie;
    int number;
    enum suspect_state state;
    struct past past;
    uint32_t reported;   /* bit (1u << cause) for each cause a leak was reported with */
    uint32_t lost_round; /* SUSPECT_LOST: the round after which it counts as healed */
    /* For the line that says it healed: what was said when it was reported. */
    enum cause cause;
    enum direction direction;
    struct address local;
    uintptr_t site;
    bool beat;        /* a heartbeat is due: at the end of this tick */
    long beat_result; /* 0, or -errno */
    bool beat_failed; /* and that one could not be sent has been told */
    /* What the policy wants done to it, and what became of it. */
    enum action action;
    int64_t release;      /* as struct socket_policy has it */
    int64_t done_at;      /* ms */
    int64_t forget_at;    /* ms: when epolls that still watch it are to forget it; 0: they have */
    long result;          /* 0, or -errno */
    bool tried;           /* once for each socket */
    bool untold;          /* the event about it is still to be written */
    bool shared;          /* with another process */
    int64_t refused_at;   /* ms: when the log first had no room for its next line; 0: it had */
    uint64_t reported_as; /* its cookie in every line about it */
};

/* Whether we have ended it. */
static inline bool suspect_is_ended(const struct suspect *suspect)
{
    return suspect->tried && suspect->result == 0;
}

/*
 * Makes the memory for so many descriptor numbers, and forgets what there was: after
 * a fork that is the parent's, and not even mapped. False: there is none.
 */
bool sockets_open(unsigned numbers);

/*
 * The cookie of the socket that was last seen under a number; 0: none. And the hint's generation at
 * that time.
 */
uint64_t sockets_cookie(int number);
uint32_t sockets_generation(int number);
void sockets_set(int number, uint64_t cookie, uint32_t generation);

/* One above the highest number that ever held a socket. */
int sockets_end(void);

/*
 * A number under which the socket was last seen, or -1. The full cookie, or its low half. Walks all
 * numbers.
 */
int sockets_holder(uint64_t cookie);
int sockets_holder_of_half(uint32_t low_half);

/*
 * NULL: there is none. suspects_make also returns NULL when there is no memory. Valid until the
 * next suspects_make.
 */
struct suspect *suspects_find(uint64_t cookie);
struct suspect *suspects_make(uint64_t cookie);
void suspects_drop(struct suspect *suspect);

/*
 * When to look again: ms, CLOCK_MONOTONIC. Kept apart from the records, so that a tick reads 8
 * bytes of each.
 */
void suspects_set_due(const struct suspect *suspect, int64_t due);

/* The next suspect at or after *position that is due; advances *position; NULL at the end. */
struct suspect *suspects_next_due(uint32_t *position, int64_t now);

/* The next suspect in a state, or in any; likewise. */
struct suspect *suspects_next(uint32_t *position, enum suspect_state state);
struct suspect *suspects_next_of_all(uint32_t *position);

/* How many suspects there are in a state. */
uint32_t suspects_count(enum suspect_state state);
void suspects_set_state(struct suspect *suspect, enum suspect_state state);

/* Where all of it lies, for readers from outside. */
extern const struct status_sockets sockets_shown __attribute__((visibility("hidden")));

#endif
