// The gate: an idle connection is a leak, but data lie unread on it: it is told of, and left alone.
// policy: action=close interval=20ms [dir=out] idle=150ms
// expect: leak cause=idle recv_q=4
#include "ended.h"

int main(void)
{
    char text[8];
    struct pair pair = pair_of_sockets();
    must(send(pair.server, "data", 4, 0) == 4);
    await_events(1);
    must(state_of(pair.client) == ESTABLISHED);
    must(recv(pair.client, text, sizeof text, 0) == 4);
    return 0;
}
