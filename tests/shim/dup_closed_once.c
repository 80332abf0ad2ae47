// One of two numbers is closed, be it the first or the second: the socket stays, so nothing has healed.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out
// expect: leak cause=eof-unread dir=in
#include "sockets.h"

int main(void)
{
    struct pair outgoing = pair_of_sockets(), incoming = pair_of_sockets();
    int copy = dup(outgoing.client);
    must(copy >= 0 && dup(incoming.server) >= 0);
    close(outgoing.server);
    close(incoming.client);
    await_events(2);
    close(copy);
    close(incoming.server);
    nap_ms(500);
    return 0;
}
