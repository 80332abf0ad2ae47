// A fork meets the watcher anywhere, also while it makes or grows its memory: the child's own must not trust what is left of it.
// policy: grace=1h interval=1ms
// expect: nothing
#include "sockets.h"

enum { FORKS = 150, STEP_US = 4 };

static void fork_after(int us)
{
    pair_of_sockets(); /* the watcher starts */
    for (struct timespec nap = {0, us * 1000L}; nanosleep(&nap, &nap) < 0;)
        ;
    pid_t grandchild = fork();
    if (grandchild == 0) {
        nap_ms(5);
        _exit(0);
    }
    _exit(status_of(grandchild));
}

int main(void)
{
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        if (child == 0)
            fork_after(i * STEP_US);
        must(status_of(child) == 0);
    }
    return 0;
}
