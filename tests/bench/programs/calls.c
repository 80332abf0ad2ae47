/*
 * calls slices KIND PAIRS SETTLE   for each line on its input, one with the nanoseconds that one call takes
 * now calls count KIND PAIRS SETTLE N  makes N calls, then 2 N, with a SIGUSR1 to itself before, between and
 * after
 *
 * PAIRS connections more are open than KIND needs, and SETTLE milliseconds are waited before the first call,
 * for the watcher to have looked at them.
 */
#include "kinds.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BATCHES = 8 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* The fastest of a few batches: whoever else had the core in between is not counted. */
static double slice(const struct kind *kind)
{
    double best = 1e18;
    for (int batch = 0; batch < BATCHES; batch++) {
        kind_prepare(kind);
        double start = now();
        for (int i = 0; i < BATCH; i++)
            kind->call();
        double took = now() - start;
        best = took < best ? took : best;
    }
    return best / BATCH;
}

static void slices(const struct kind *kind)
{
    char line[16];
    while (fgets(line, sizeof line, stdin)) {
        printf("%.2f\n", slice(kind));
        fflush(stdout);
    }
}

static __attribute__((noinline)) void make(const struct kind *kind, int calls)
{
    for (int i = 0; i < calls; i++)
        kind->call();
    raise(SIGUSR1);
}

static void count(const struct kind *kind, int calls)
{
    signal(SIGUSR1, SIG_IGN);
    kind_prepare(kind);
    make(kind, 1); /* what the loader binds at the first call */
    make(kind, calls);
    make(kind, 2 * calls);
}

int main(int words_count, char **words)
{
    if (words_count < 5)
        return 2;
    const struct kind *kind = kind_find(words[2]);
    int pairs = atoi(words[3]);
    for (int i = 0, ends[2]; i < pairs; i++)
        connect_pair(ends);
    kind->open();
    usleep((useconds_t)atoi(words[4]) * 1000);
    if (strcmp(words[1], "slices") == 0)
        slices(kind);
    else
        count(kind, atoi(words[5]));
    return 0;
}
