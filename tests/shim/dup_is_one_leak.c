// A socket under three numbers is one leak.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out
#include "sockets.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    must(dup(pair.client) >= 0);
    must(fcntl(pair.client, F_DUPFD_CLOEXEC, 100) >= 0);
    close(pair.server);
    await_events(1);
    return 0;
}
