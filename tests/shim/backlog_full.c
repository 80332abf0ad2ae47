// More connections wait than the listener lets in.
// policy: grace=1m interval=20ms
// expect: backlog queue=2 limit=1 gone=0 local=~^127.0.0.1:\d+$ fd site=~^backlog_full.0x cookie
#include "sockets.h"

int main(void)
{
    struct sockaddr_in here = loopback();
    int listener = listen_at(&here, sizeof here, 1);
    connect_to(listener);
    connect_to(listener);
    await_events(1);
    return 0;
}
