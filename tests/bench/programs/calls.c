/*
 * calls slices PAIRS [thread]    for each line on its input, which names a kind of call, one with the
 * nanoseconds that one such call takes now calls count PAIRS WAIT KIND N  makes N calls, then 2 N, with a
 * SIGUSR1 to itself before, between and after; WAIT milliseconds after the start, for the watcher to have
 * looked
 *
 * PAIRS connections are open meanwhile, besides what a kind needs; with `thread` a second thread sleeps.
 */
#include "kinds.h"

#include <pthread.h>
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
        for (int i = 0; i < kind->batch; i++)
            kind->call();
        double took = now() - start;
        best = took < best ? took : best;
    }
    return best / kind->batch;
}

static void slices(void)
{
    char line[32];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        printf("%.2f\n", slice(kind_take(line)));
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

static void *sleep_on(void *argument)
{
    pause();
    return argument;
}

int main(int words_count, char **words)
{
    if (words_count < 3)
        return 2;
    int pairs = atoi(words[2]);
    for (int i = 0, ends[2]; i < pairs; i++)
        connect_pair(ends);
    if (strcmp(words[1], "slices") == 0) {
        pthread_t thread;
        if (words_count > 3 && pthread_create(&thread, NULL, sleep_on, NULL))
            return 2;
        slices();
    } else if (words_count == 6) {
        const struct kind *kind = kind_take(words[4]);
        usleep((useconds_t)atoi(words[3]) * 1000);
        count(kind, atoi(words[5]));
    }
    return 0;
}
