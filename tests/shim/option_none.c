// Without options in the policy nothing is set, and the program's own calls go through.
// policy: grace=30s
// expect: nothing
#include "options.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    must(keepalive(pair.client) == 0 && keepalive(pair.server) == 0 &&
         timeout_ms(pair.client, SO_RCVTIMEO) == 0);
    must(set(pair.client, SOL_SOCKET, SO_KEEPALIVE, 1) == 0 && keepalive(pair.client) == 1);
    must(set(pair.client, SOL_SOCKET, 9999, 1) < 0 && errno == ENOPROTOOPT);
    return 0;
}
