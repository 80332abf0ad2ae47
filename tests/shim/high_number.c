// Numbers beyond what select can take. Naive: a table of FD_SETSIZE.
// policy: grace=100ms interval=20ms
// expect: leak fd=2000 cause=eof-unread dir=out
// everywhere: sizes of memory
#include "sockets.h"

#include <sys/resource.h>

int main(void)
{
    struct rlimit many;
    must(getrlimit(RLIMIT_NOFILE, &many) == 0);
    many.rlim_cur = many.rlim_max;
    must(setrlimit(RLIMIT_NOFILE, &many) == 0);
    struct pair pair = pair_of_sockets();
    must(fcntl(pair.client, F_DUPFD, 2000) == 2000);
    close(pair.client);
    close(pair.server);
    await_events(1);
    return 0;
}
