// The FIN waits behind data that the program has not read, or not all of it.
// policy: grace=100ms unread-grace=100ms interval=20ms
// expect: leak cause=data-unread dir=out state=CLOSE_WAIT recv_q=8 rx=8 !reader
// expect: leak cause=data-unread dir=in state=CLOSE_WAIT recv_q=5 rx=8 reader
// everywhere: a cause
#include "sockets.h"

int main(void)
{
    char text[3];
    struct pair outgoing = pair_of_sockets(), incoming = pair_of_sockets();
    send_and_close(outgoing.server, "eight by");
    send_and_close(incoming.client, "eight by");
    must(read(incoming.server, text, sizeof text) == sizeof text);
    await_events(2);
    return 0;
}
