// The same for an option that the policy enforces: it has another number, too.
// policy: recv-timeout!=1500ms
// expect: nothing
// everywhere: names of calls
#define _TIME_BITS        64
#define _FILE_OFFSET_BITS 64
#include "options.h"

int main(void)
{
    struct timeval other = {9, 0};
    struct pair pair = pair_of_sockets();
    must(setsockopt(pair.client, SOL_SOCKET, SO_RCVTIMEO, &other, sizeof other) == 0);
    must(timeout_ms(pair.client, SO_RCVTIMEO) == 1500);
    return 0;
}
