// The program has read the 0 and keeps the socket.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-ignored dir=out state=CLOSE_WAIT rx=5 tx=3 site=~^eof_ignored.0x reader=~^eof_ignored.0x
// expect: leak cause=eof-ignored dir=in state=CLOSE_WAIT rx=0 tx=0 site=~^eof_ignored.0x reader=~^eof_ignored.0x
// everywhere: a cause
#include "sockets.h"

int main(void)
{
    char text[8];
    struct pair outgoing = pair_of_sockets(), incoming = pair_of_sockets();
    must(write(outgoing.client, "abc", 3) == 3);
    must(read(outgoing.server, text, sizeof text) == 3);
    must(write(outgoing.server, "hello", 5) == 5);
    must(read(outgoing.client, text, sizeof text) == 5);
    close(outgoing.server);
    close(incoming.client);
    must(read(outgoing.client, text, sizeof text) == 0);
    must(read(incoming.server, text, sizeof text) == 0);
    await_events(2);
    return 0;
}
