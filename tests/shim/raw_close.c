// A close that passes no hook, in time. Naive: acts on the number, which is another's by then.
// policy: grace=1s interval=20ms
// expect: nothing
// everywhere: system calls by number
#include "sockets.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    close(pair.server);
    nap_ms(100);
    must(syscall(SYS_close, pair.client) == 0);
    nap_ms(1000);
    return 0;
}
