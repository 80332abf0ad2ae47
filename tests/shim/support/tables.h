/* Threads that part from the program's descriptor table (unshare(2)). */
#ifndef TABLES_H
#define TABLES_H

#include "sockets.h"

#include <pthread.h>
#include <sched.h>

enum { NUMBERS = 32 };

static void *parts_and_ends(void *unused)
{
    must(unshare(CLONE_FILES) == 0);
    pair_of_sockets();
    return unused;
}

static void *parts_and_works(void *unused)
{
    char text[8];
    must(unshare(CLONE_FILES) == 0);
    for (int number = 3; number < NUMBERS; number++)
        close(number);
    struct pair first = pair_of_sockets(), second = pair_of_sockets();
    must(first.client < NUMBERS / 2 && second.client < NUMBERS / 2);
    close(first.server);
    must(recv(first.client, text, sizeof text, 0) == 0);
    reset(second.server);
    await_end(second.client);
    must(recv(second.client, text, sizeof text, 0) < 0 && errno == ECONNRESET);
    nap_ms(100);
    for (int number = 3; number < NUMBERS; number++)
        close(number);
    return unused;
}

static inline void run_thread(void *(*function)(void *))
{
    pthread_t thread;
    must(pthread_create(&thread, NULL, function, NULL) == 0 && pthread_join(thread, NULL) == 0);
}

static inline void ends_with_its_copies(void)
{
    run_thread(parts_and_ends);
}

static inline void works_under_the_same_numbers(void)
{
    run_thread(parts_and_works);
}

static inline void must_get_its_end(struct pair pair)
{
    close(pair.client);
    await_end(pair.server);
    close(pair.server);
}

#endif
