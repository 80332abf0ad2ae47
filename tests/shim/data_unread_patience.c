// Data that waits to be read has a grace of its own.
// policy: grace=100ms unread-grace=1m interval=20ms
// expect: nothing
#include "sockets.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    send_and_close(pair.server, "data");
    nap_ms(500);
    return 0;
}
