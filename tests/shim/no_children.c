// Nothing of ours is the program's child: no SIGCHLD, nothing to wait for. Naive: asks a child of its own,
// and the program's wait() finds it.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out
#include "sockets.h"

#include <signal.h>

static volatile int children_heard_of;

static void handle(int signal)
{
    (void)signal;
    children_heard_of++;
}

int main(void)
{
    must(signal(SIGCHLD, handle) != SIG_ERR);
    close(pair_of_sockets().server);
    await_events(1);
    must(waitpid(-1, NULL, __WALL) < 0 && errno == ECHILD);
    must(children_heard_of == 0);
    return 0;
}
