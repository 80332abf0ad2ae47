// Eight threads start programs, by fork and by vfork, and close everything in between, while others make and
// close connections; afterwards a leak is found as ever. FORKS=10000 in the environment: so many, not as few
// as here. Naive: a lock that another thread held at the fork is never released in the child, which hangs
// before its exec; or the closes of a vfork child strike out its parent's sockets.
// policy: grace=2s interval=5ms
// expect: leak cause=eof-unread dir=out site=~^fork_exec_storm.0x
#include "sockets.h"

#include <pthread.h>
#include <stdatomic.h>

enum { STARTERS = 8, CHURNERS = 2, FORKS = 160, NUMBERS = 64 };

static _Atomic int to_start = FORKS;

static void become_true(void)
{
    for (int number = 3; number < NUMBERS; number++)
        close(number);
    execl("/bin/true", "true", NULL);
    _exit(97);
}

static void *starts(void *unused)
{
    for (int turn; (turn = atomic_fetch_sub(&to_start, 1)) > 0;) {
        pid_t child = turn % 2 ? fork() : vfork();
        if (child == 0)
            become_true();
        must(child > 0 && status_of(child) == 0);
    }
    return unused;
}

static void *churns(void *listener)
{
    char text[8];
    while (atomic_load(&to_start) > 0) {
        int client = connect_to(*(int *)listener);
        close(accept(*(int *)listener, NULL, NULL));
        recv(client, text, sizeof text, 0);
        close(client);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[STARTERS + CHURNERS];
    if (getenv("FORKS"))
        to_start = atoi(getenv("FORKS"));
    int listener = listen_on_loopback();
    for (int i = 0; i < STARTERS + CHURNERS; i++)
        must(pthread_create(&threads[i], NULL, i < STARTERS ? starts : churns, &listener) == 0);
    for (int i = 0; i < STARTERS + CHURNERS; i++)
        must(pthread_join(threads[i], NULL) == 0);
    close(pair_of_sockets().server);
    await_events(1);
    return 0;
}
