// reset: the peer is told at once that nothing will be read, the program with its next call, without SIGPIPE.
// policy: action=reset grace=100ms unread-grace=100ms interval=20ms [dir=in] action=ignore
// expect: leak cause=data-unread dir=out
// expect: action action=reset result=ok
// everywhere: an action
#include "ended.h"

int main(void)
{
    char text[8];
    struct pair pair = pair_of_sockets();
    must(send(pair.server, "data", 4, 0) == 4 && shutdown(pair.server, SHUT_WR) == 0);
    must(read(pair.server, text, sizeof text) < 0 && errno == ECONNRESET);
    await_events(2);
    must(write(pair.client, "x", 1) < 0 && errno == ECONNRESET);
    must(write(pair.client, "x", 1) < 0 && errno == EPIPE);
    must(read(pair.client, text, sizeof text) < 0 && errno == ENOTCONN);
    return 0;
}
