// A signal handler forks, whatever it has interrupted, and its child makes a connection and leaks it.
// Naive: the handler has interrupted a hook that holds a lock, and the child, or its parent, waits for it for
// ever.
// policy: grace=1ms interval=5ms
// expect: 30 leak cause=eof-unread dir=out
#include "sockets.h"

#include <signal.h>
#include <sys/time.h>

enum { CHILDREN = 30 };

static volatile sig_atomic_t forked;
static pid_t children[CHILDREN];

static void forks(int signal)
{
    int kept = errno;
    if (forked < CHILDREN && (children[forked++] = fork()) == 0) {
        struct itimerval never = {.it_value.tv_usec = 0};
        setitimer(ITIMER_REAL, &never, NULL);
        close(pair_of_sockets().server);
        nap_ms(5);
        _exit(0);
    }
    errno = kept;
    (void)signal;
}

int main(void)
{
    struct itimerval often = {{0, 1700}, {0, 1700}};
    char text[8];
    int listener = listen_on_loopback();
    must(signal(SIGALRM, forks) != SIG_ERR && setitimer(ITIMER_REAL, &often, NULL) == 0);
    while (forked < CHILDREN) {
        int fresh = socket(AF_INET, SOCK_STREAM, 0);
        recv(fresh, text, sizeof text, 0);
        close(fresh);
    }
    for (int i = 0; i < CHILDREN; i++)
        must(status_of(children[i]) == 0);
    close(listener);
    return 0;
}
