// Closed just before the program's end: healed as well.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread
// expect: healed cause=eof-unread
// expect: summary sockets=3 leaks=1 eof-unread=1 healed=1 acted=0
#include "sockets.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    close(pair.server);
    await_events(1);
    close(pair.client);
    return 0;
}
