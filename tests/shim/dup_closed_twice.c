// Both numbers are closed: healed, once.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out
// expect: healed cause=eof-unread dir=out
#include "sockets.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    int copy = dup(pair.client);
    close(pair.server);
    await_events(1);
    close(pair.client);
    nap_ms(100);
    close(copy);
    await_events(2);
    return 0;
}
