// Closed in time, and at once.
// policy: grace=1s interval=20ms
// expect: nothing
#include "sockets.h"

int main(void)
{
    struct pair outgoing = pair_of_sockets(), incoming = pair_of_sockets(), at_once = pair_of_sockets();
    close(at_once.client);
    close(at_once.server);
    close(outgoing.server);
    close(incoming.client);
    nap_ms(200);
    close(outgoing.client);
    close(incoming.server);
    nap_ms(1000);
    return 0;
}
