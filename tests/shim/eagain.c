// EAGAIN and a receive timeout are no end: the FIN that comes later is unread.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out reader
// expect: leak cause=eof-unread dir=in reader
#include "sockets.h"

#include <sys/time.h>

int main(void)
{
    char text[8];
    struct timeval soon = {.tv_usec = 1000};
    struct pair outgoing = pair_of_sockets(), incoming = pair_of_sockets();
    must(recv(outgoing.client, text, sizeof text, MSG_DONTWAIT) < 0 && errno == EAGAIN);
    must(setsockopt(incoming.server, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon) == 0);
    must(recv(incoming.server, text, sizeof text, 0) < 0 && errno == EAGAIN);
    close(outgoing.server);
    close(incoming.client);
    await_events(2);
    return 0;
}
