// The program closes what was reported after all.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out
// expect: healed cause=eof-unread dir=out local=~^127.0.0.1:\d+$ peer=~^127.0.0.1:\d+$ fin_s site=~^healed.0x cookie=~^0x
#include "sockets.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    close(pair.server);
    await_events(1);
    close(pair.client);
    await_events(2);
    return 0;
}
