/* A loop that watches a thousand connections which the policy then ends: how often it is woken. A second of
 * grace is time enough, on a busy machine as well, to make them and hear of their FINs. */
#ifndef LOOPS_H
#define LOOPS_H

#include "ended.h"

#include <sys/epoll.h>

enum { THOUSAND = 1000 };

static inline double cpu_seconds(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

/* Once they are all ended, half a second of waiting must cost next to nothing: a loop that spins takes all of
 * it. */
static inline void must_rest(void (*wait_ms)(int ms))
{
    double before = cpu_seconds();
    wait_ms(500);
    double used = cpu_seconds() - before;
    if (used > 0.1) {
        dprintf(2, "%.3f s of CPU time in 0.5 s\n", used);
        _exit(99);
    }
}

/* How often an epoll has something to say within so long. */
static inline int words_of(int epoll, int ms)
{
    struct epoll_event event;
    int words = 0;
    for (int64_t until = now_ms() + ms; now_ms() < until;)
        words += epoll_wait(epoll, &event, 1, 20);
    return words;
}

#endif
