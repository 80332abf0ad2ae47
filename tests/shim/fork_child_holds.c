// The parent has closed its copy; the child holds the leak, and reports it.
// policy: grace=200ms interval=20ms
// expect: leak cause=eof-unread dir=out site !shared
// everywhere: libc's fork
#include "sockets.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    pid_t child = fork();
    if (child == 0) {
        close(pair.server);
        await_end(pair.client);
        await_events(1);
        exit(0);
    }
    close(pair.client);
    close(pair.server);
    return status_of(child);
}
