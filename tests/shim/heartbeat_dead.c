// The peer is gone without a word: the heartbeat is answered by an RST, and that is a leak.
// policy: interval=20ms grace=100ms [dir=out port=1-65535] heartbeat="200ms:NOOP\r\n"
// expect: leak cause=reset-unread state=CLOSE dir=out
#include "sockets.h"

#include <netinet/tcp.h>

/* As if its machine had been switched off and on: without a FIN or an RST (TCP_REPAIR, tcp(7)). */
static void vanish(int fd)
{
    must(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &(int){1}, sizeof(int)) == 0);
    must(close(fd) == 0);
}

int main(void)
{
    struct pair pair = pair_of_sockets();
    vanish(pair.server);
    await_events(1);
    return 0;
}
