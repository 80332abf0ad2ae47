// A fortified read beyond its buffer is stopped by libc, as without us. Naive: calls plain read() with the
// size as given, and the check is gone.
// policy: grace=100ms interval=20ms
// exit: -6
// expect: nothing
// everywhere: names of calls
// only: glibc    (musl has no fortified twins)
#undef _FORTIFY_SOURCE
#define _FORTIFY_SOURCE 2
#include "sockets.h"

int main(void)
{
    char text[8];
    volatile size_t too_much = 9;
    struct pair pair = pair_of_sockets();
    must(write(pair.server, "more than eight", 15) == 15);
    close(2); /* libc has something to say about this */
    return read(pair.client, text, too_much) > 0;
}
