// A socket that is inherited through exec, under a number far beyond the others.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread fd=1000 !site
#include "sockets.h"

int main(int count, char **arguments)
{
    if (count == 1) {
        struct pair pair = pair_of_sockets();
        must(dup2(pair.client, 1000) == 1000 && close(pair.client) == 0 && close(pair.server) == 0);
        execl("/proc/self/exe", arguments[0], "1000", NULL);
    }
    must(count == 2);
    await_events(1);
    return 0;
}
