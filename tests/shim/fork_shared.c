// Parent and child hold the same leak: each reports it, as shared.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out shared=true
// expect: leak cause=eof-unread dir=out shared=true
#include "sockets.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    pid_t child = fork();
    close(pair.server);
    await_events(2);
    if (child)
        return status_of(child);
    return 0;
}
