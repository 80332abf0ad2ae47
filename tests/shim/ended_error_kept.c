// A reset connection that nobody was told of: close lets go of it, and the error can still be read.
// policy: action=close grace=100ms interval=20ms
// expect: leak cause=reset-unread state=CLOSE
// expect: action action=close result=ok
#include "ended.h"

int main(void)
{
    char text[8];
    struct pair pair = pair_of_sockets();
    reset(pair.server);
    await_events(2);
    must(read(pair.client, text, sizeof text) < 0 && errno == ECONNRESET);
    must(read(pair.client, text, sizeof text) == 0);
    must(write(pair.client, "x", 1) < 0 && errno == EPIPE);
    return 0;
}
