// In CLOSE there is no connection left to end: fin and reset do nothing there, and leave the error to be
// read.
// policy: grace=100ms interval=20ms action=fin [dir=in] action=reset
// expect: leak cause=reset-unread state=CLOSE
// expect: leak cause=reset-unread state=CLOSE
#include "ended.h"

int main(void)
{
    char text[8];
    struct pair outgoing = pair_of_sockets(), incoming = pair_of_sockets();
    reset(outgoing.server);
    reset(incoming.client);
    await_events(2);
    must(read(outgoing.client, text, sizeof text) < 0 && errno == ECONNRESET);
    must(read(incoming.server, text, sizeof text) < 0 && errno == ECONNRESET);
    return 0;
}
