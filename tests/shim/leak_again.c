// A leak that comes alive, because the program sends again, is reported once.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=in
#include "sockets.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    must(shutdown(pair.client, SHUT_WR) == 0);
    await_events(1);
    must(write(pair.server, "late", 4) == 4);
    nap_ms(300);
    return 0;
}
