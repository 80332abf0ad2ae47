// A leak in a program that has put itself into the background. Naive: the thread stayed in the parent.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out !shared
// expect: leak cause=eof-unread dir=in !shared
// everywhere: libc's fork
#include "sockets.h"

int main(void)
{
    struct pair before = pair_of_sockets();
    must(daemon(1, 1) == 0);
    struct pair after = pair_of_sockets();
    close(before.server);
    close(after.client);
    await_events(2);
    return 0;
}
