// The program has shut its side down and waits for the peer, which takes its time: no leak.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-ignored dir=in
#include "sockets.h"

int main(void)
{
    char text[8];
    struct pair pair = pair_of_sockets();
    must(shutdown(pair.client, SHUT_WR) == 0);
    must(read(pair.server, text, sizeof text) == 0); /* this end is the leak */
    await_events(1);
    return 0;
}
