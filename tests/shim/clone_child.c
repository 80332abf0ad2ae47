// A child of a bare clone(2): it gets a watcher of its own. Naive: "started" came along, the thread did not.
// policy: grace=200ms interval=20ms
// expect: leak cause=eof-unread dir=in site
// expect: leak cause=eof-unread dir=out site
// everywhere: system calls by number
#include "sockets.h"

#include <signal.h>

int main(void)
{
    struct pair inherited = pair_of_sockets();
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        close(inherited.client);
        close(pair_of_sockets().server);
        await_events(2);
        _exit(0);
    }
    close(inherited.client);
    close(inherited.server);
    return status_of(child);
}
