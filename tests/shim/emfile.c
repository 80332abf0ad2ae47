// The program has no descriptor left, the usual end of a leak: that must not keep it from being reported.
// Naive: it opens its log, or borrows, in the program's table, where nothing is free.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out
// everywhere: system calls by number
#include "sockets.h"

#include <sys/resource.h>

int main(void)
{
    struct rlimit few = {64, 64};
    must(setrlimit(RLIMIT_NOFILE, &few) == 0);
    struct pair pair = pair_of_sockets();
    while (dup(0) >= 0)
        ;
    must(errno == EMFILE);
    must(shutdown(pair.server, SHUT_RDWR) == 0);
    must(dup2(0, pair.server) == pair.server); /* closes it, and the number stays taken */
    nap_ms(500);
    must(dup(0) < 0 && errno == EMFILE);
    return 0;
}
