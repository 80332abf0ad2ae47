// Forks while the watcher's memory grows with every look: each child finds a whole world, or makes its own.
// Naive: the child goes on with what its parent's thread had half written.
// policy: grace=1m interval=1ms
// expect: nothing
#include "sockets.h"

#include <sys/resource.h>

enum { SOCKETS = 1500, FORK_EVERY = 25 };

int main(void)
{
    struct rlimit many;
    must(getrlimit(RLIMIT_NOFILE, &many) == 0);
    many.rlim_cur = many.rlim_max;
    must(setrlimit(RLIMIT_NOFILE, &many) == 0);
    int listener = listen_on_loopback();
    for (int i = 0; i < SOCKETS; i++) {
        close(pair_at(listener).server);
        if (i % FORK_EVERY)
            continue;
        pid_t child = fork();
        if (child == 0) {
            nap_ms(3);
            _exit(0);
        }
        must(status_of(child) == 0);
    }
    return 0;
}
