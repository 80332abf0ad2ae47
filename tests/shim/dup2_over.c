// dup2 over a socket closes it, and no hook hears of that; in time, and after the report.
// policy: grace=500ms interval=20ms
// expect: leak cause=eof-unread dir=in
// expect: healed cause=eof-unread dir=in
#include "sockets.h"

int main(void)
{
    struct pair outgoing = pair_of_sockets(), incoming = pair_of_sockets();
    int null = open("/dev/null", O_RDWR);
    close(outgoing.server);
    must(dup2(null, outgoing.client) == outgoing.client);
    close(incoming.client);
    await_events(1);
    must(dup2(null, incoming.server) == incoming.server);
    await_events(2);
    return 0;
}
