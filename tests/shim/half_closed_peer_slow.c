// A half-closed peer that reads slowly: bytes on their way to it keep the socket from being a leak.
// policy: grace=100ms interval=20ms
// expect: nothing
#include "sockets.h"

int main(void)
{
    static char block[1 << 16];
    struct pair pair = pair_of_sockets();
    must(fcntl(pair.server, F_SETFL, O_NONBLOCK) == 0);
    must(shutdown(pair.client, SHUT_WR) == 0);
    while (write(pair.server, block, sizeof block) > 0)
        ;
    nap_ms(500);
    close(pair.server);
    close(pair.client);
    return 0;
}
