// A program that lowers its descriptor limit: the watcher's own table is bound by it too, and it must not
// take that for the end of sockets.
// policy: grace=100ms interval=20ms log=none
// expect: nothing
#include "sockets.h"

#include <sys/resource.h>

int main(void)
{
    struct rlimit limit = {3, 3};
    struct pair pair = pair_of_sockets();
    close(pair.server);
    nap_ms(60);
    must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    nap_ms(300);
    return 0;
}
