// The program has shut its side down and the connection has ended, in either order; the descriptor stays.
// policy: grace=100ms interval=20ms
// expect: leak cause=shutdown-unclosed dir=out state=CLOSE peer=~^127.0.0.1:\d+$
// expect: leak cause=shutdown-unclosed dir=in state=CLOSE
// everywhere: a cause
#include "sockets.h"

int main(void)
{
    struct pair outgoing = pair_of_sockets(), incoming = pair_of_sockets();
    must(shutdown(outgoing.client, SHUT_WR) == 0);
    await_end(outgoing.server);
    close(outgoing.server);
    close(incoming.client);
    await_end(incoming.server);
    must(shutdown(incoming.server, SHUT_RDWR) == 0);
    await_events(2);
    return 0;
}
