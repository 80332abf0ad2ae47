// It has read the 0, sends all the same, and the connection is reset: the EOF was the first to be ignored.
// policy: grace=200ms interval=20ms
// expect: leak cause=eof-ignored dir=out state=CLOSE
#include "sockets.h"

int main(void)
{
    char text[8];
    struct pair pair = pair_of_sockets();
    close(pair.server);
    must(read(pair.client, text, sizeof text) == 0);
    must(write(pair.client, "x", 1) == 1);
    await_events(1);
    return 0;
}
