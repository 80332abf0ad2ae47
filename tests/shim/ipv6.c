// IPv6.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out local=~^\[::1\]:\d+$ peer=~^\[::1\]:\d+$
// expect: leak cause=eof-unread dir=in local=~^\[::1\]:\d+$ peer=~^\[::1\]:\d+$
// everywhere: layout of addresses
#include "sockets.h"

int main(void)
{
    struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int listener = listen_at(&here, sizeof here, 16);
    close(pair_at(listener).server);
    close(pair_at(listener).client);
    await_events(2);
    return 0;
}
