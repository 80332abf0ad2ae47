// A fork while the watcher is just coming to life: the child finds whatever the watcher had half done. Naive:
// the child goes on with what its parent's thread had half written, or waits for its lock.
// policy: grace=1m interval=1ms
// expect: nothing
#include "sockets.h"

enum { ROUNDS = 300, STEP_NS = 10000, STEPS = 40 };

static void spin(long ns)
{
    struct timespec began, now;
    clock_gettime(CLOCK_MONOTONIC, &began);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - began.tv_sec) * 1000000000L + now.tv_nsec - began.tv_nsec < ns);
}

/* The first TCP socket of a process starts its watcher; a moment later it forks. */
static int first_socket_then_fork(int moment)
{
    close(listen_on_loopback());
    spin(moment * (long)STEP_NS);
    pid_t child = fork();
    if (child == 0) {
        pair_of_sockets();
        _exit(0);
    }
    return status_of(child);
}

int main(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(first_socket_then_fork(i % STEPS));
        must(status_of(child) == 0);
    }
    return 0;
}
