// A program whose last thread ends by a bare exit(2) must not be kept alive by ours. Naive: hangs for ever.
// policy: grace=100ms interval=20ms
// expect: nothing
// exit: 4
// everywhere: exit handlers
#include "sockets.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    close(pair.client);
    close(pair.server);
    nap_ms(60);
    return (int)syscall(SYS_exit, 4);
}
