// A read of no bytes returns 0, and tells nobody of the end.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out
// expect: leak cause=eof-unread dir=in
#include "sockets.h"

#include <sys/uio.h>

int main(void)
{
    char text[8];
    struct iovec nothing = {text, 0};
    struct pair outgoing = pair_of_sockets(), incoming = pair_of_sockets();
    must(read(outgoing.client, text, 0) == 0);
    must(readv(incoming.server, &nothing, 1) == 0);
    close(outgoing.server);
    close(incoming.client);
    must(recv(outgoing.client, text, 0, 0) == 0);
    must(read(incoming.server, text, 0) == 0);
    await_events(2);
    return 0;
}
