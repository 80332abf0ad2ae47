/*
 * The library's life in one process, seen from the program's threads: the policy is
 * read at load, the watcher starts with the first TCP socket, pauses while
 * rights change, is gone after fork, and has the last word at exit.
 */
#ifndef WAITCLOSE_LIFE_H
#define WAITCLOSE_LIFE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "hints.h"
#include "waitclose/status.h"

enum life_state {
    LIFE_IDLE, /* no watcher; also what a forked child finds */
    LIFE_STARTING,
    LIFE_WATCHED,
    LIFE_PAUSED,  /* while rights change */
    LIFE_STOPPED, /* while the program must be alone */
    LIFE_BARRED,  /* watch=off, or no thread to be had: never */
    LIFE_FINISHED,
};

extern _Atomic uint32_t *life_state
    __attribute__((visibility("hidden"))); /* in memory that fork wipes: LIFE_IDLE in the child */

/*
 * Constructor only. life_open: before any hook is at work; false: no memory, and all stays off. life_begin:
 * with_sockets: the program was born with some, so the watcher starts at once.
 */
bool life_open(const struct policy *policy, unsigned numbers);
void life_begin(bool with_sockets);

extern const struct talk *life_talk __attribute__((visibility("hidden"))); /* for readers from outside */

void life_start(void);

/*
 * From hooks that have met a TCP socket: starts the watcher where there is none.
 * Any thread, signal handlers; keeps errno. Only after hints_tracked() or hints_capacity have
 * said that the library is at work.
 */
static inline void life_needed(void)
{
    if (__builtin_expect(atomic_load_explicit(life_state, memory_order_relaxed) == LIFE_IDLE, 0))
        life_start();
}

/* There is no watcher yet, and one may be started. */
static inline bool life_idle(void)
{
    return hints_capacity && atomic_load_explicit(life_state, memory_order_relaxed) == LIFE_IDLE;
}

/*
 * Set by prctl(2): a seccomp filter may have come into force, and kill for a system call that it
 * does not know.
 */
extern _Atomic bool life_has_sandbox __attribute__((visibility("hidden")));

static inline bool life_sandboxed(void)
{
    return atomic_load_explicit(&life_has_sandbox, memory_order_relaxed);
}

/*
 * Around a change of the program's rights: the watcher does nothing meanwhile, and
 * has followed before life_resume returns. Every pause is followed by its resume.
 */
void life_pause(void);
void life_resume(void);

/*
 * Around what needs the program's own threads to be all there are: the watcher has ended meanwhile,
 * and is started anew.
 */
void life_stop(void);
void life_restart(void);

/*
 * The caller gets a descriptor table of its own, beside that of the program's other threads (unshare(2)):
 * from now on a number in a hook may be of either.
 */
void life_tables_part(void);
bool life_has_tables(void);

/*
 * A thread is about to be signalled by its id. If it is ours, which answers no signal, it is gone before; the
 * next TCP socket starts it anew.
 */
void life_signalled(long thread);

/* The program ends with this status: a last look and the summary. Returns the status to end with. */
int life_finish(int status);

/* Set by the first vfork: from then on births and ends ask whose they are, with a raw getpid. */
extern _Atomic bool life_has_vforked __attribute__((visibility("hidden")));

/* Where policy and state lie, for readers from outside. */
extern const struct status_life life_shown __attribute__((visibility("hidden")));

/* Whether the caller runs in a vfork child: in the program's memory, but not the program. */
bool life_in_vfork_child(void);

/*
 * Whether what the watcher asks of the program's threads is asked of the caller's process: neither of a child
 * that shares its memory, nor of one that has a copy of it.
 */
bool life_is_here(void);

#endif
