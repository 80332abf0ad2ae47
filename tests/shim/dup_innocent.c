// Under two numbers, and both closed in time.
// policy: grace=1s interval=20ms
// expect: nothing
#include "sockets.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    int copy = dup(pair.client);
    close(pair.server);
    close(pair.client);
    nap_ms(100);
    close(copy);
    nap_ms(1000);
    return 0;
}
