// The peer has closed, and the program never reads.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out state=CLOSE_WAIT recv_q=0 rx=0 tx=0 site !reader !shared !dead_on_accept
// expect: leak cause=eof-unread dir=in state=CLOSE_WAIT recv_q=0 rx=0 tx=0 site !reader !shared !dead_on_accept
// everywhere: a cause
#include "sockets.h"

int main(void)
{
    struct pair outgoing = pair_of_sockets(), incoming = pair_of_sockets();
    close(outgoing.server);
    close(incoming.client);
    await_events(2);
    return 0;
}
