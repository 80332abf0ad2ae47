// The connection is gone, and the program has not been told.
// policy: grace=100ms interval=20ms
// expect: leak cause=reset-unread dir=out state=CLOSE peer=~^127.0.0.1:\d+$
// expect: leak cause=reset-unread dir=in state=CLOSE
// everywhere: a cause
#include "sockets.h"

int main(void)
{
    char text[8];
    struct pair outgoing = pair_of_sockets(), incoming = pair_of_sockets();
    reset(outgoing.server);
    reset(incoming.client);
    await_events(2);
    /* The watcher has not taken the error away from the program. */
    must(read(outgoing.client, text, sizeof text) < 0 && errno == ECONNRESET);
    must(read(incoming.server, text, sizeof text) < 0 && errno == ECONNRESET);
    return 0;
}
