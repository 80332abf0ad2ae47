// A socket under a number of which we have no memory, because the program may use little: it is found all the
// same.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread
// rooms: own
#include "sockets.h"

#include <sys/resource.h>

enum { MEMORY = 40 << 20, FAR = 15000 }; /* a part of which is for 10240 numbers */

int main(int count, char **arguments)
{
    struct rlimit memory = {MEMORY, RLIM_INFINITY}, numbers;
    if (count == 1) {
        must(setrlimit(RLIMIT_DATA, &memory) == 0);
        execl(arguments[0], arguments[0], "again", NULL);
        return 1;
    }
    must(getrlimit(RLIMIT_NOFILE, &numbers) == 0);
    numbers.rlim_cur = numbers.rlim_max;
    must(setrlimit(RLIMIT_NOFILE, &numbers) == 0);
    struct pair pair = pair_of_sockets();
    must(dup2(pair.client, FAR) == FAR && close(pair.client) == 0);
    close(pair.server);
    await_events(1);
    return 0;
}
