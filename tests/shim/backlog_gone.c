// A connection waits in the accept queue, and its peer has gone. No process owns it.
// policy: grace=100ms interval=20ms
// expect: backlog queue=1 limit=16 gone=1
// everywhere: netlink
#include "sockets.h"

int main(void)
{
    int listener = listen_on_loopback();
    close(connect_to(listener));
    await_events(1);
    return 0;
}
