// A child of _Fork(3), which runs no fork handler: it gets a watcher of its own. Naive: the fork handler was
// passed by; "started" came along, the thread did not.
// policy: grace=200ms interval=20ms
// expect: leak cause=eof-unread dir=in site
// expect: leak cause=eof-unread dir=out site
// everywhere: libc's fork
#include "sockets.h"

#include <signal.h>

int main(void)
{
    struct pair inherited = pair_of_sockets();
    pid_t child = _Fork();
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
