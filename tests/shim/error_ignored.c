// A call has failed for good, and the program keeps the socket. A send tells as well as a read, though no
// hook sees it.
// policy: grace=100ms interval=20ms
// expect: leak cause=error-ignored dir=out state=CLOSE peer=~^127.0.0.1:\d+$ reader
// expect: leak cause=error-ignored dir=in state=CLOSE peer=~^127.0.0.1:\d+$ !reader
// everywhere: a cause
#include "sockets.h"

int main(void)
{
    char text[8];
    struct pair outgoing = pair_of_sockets(), incoming = pair_of_sockets();
    nap_ms(300); /* the kernel forgets the peer at the reset; by then a look has kept it */
    reset(outgoing.server);
    reset(incoming.client);
    await_end(outgoing.client);
    await_end(incoming.server);
    must(read(outgoing.client, text, sizeof text) < 0 && errno == ECONNRESET);
    must(send(incoming.server, "x", 1, MSG_NOSIGNAL) < 0);
    await_events(2);
    return 0;
}
