// A program that has leaked and then becomes another leaves its sockets behind: nothing is left to report.
// policy: grace=300ms interval=20ms
// expect: nothing
#include "sockets.h"

int main(int count, char **arguments)
{
    if (count == 1) {
        struct pair pair = pair_of_sockets();
        must(fcntl(pair.client, F_SETFD, FD_CLOEXEC) == 0);
        close(pair.server);
        execl("/proc/self/exe", arguments[0], "again", NULL);
    }
    must(count == 2);
    nap_ms(600);
    return 0;
}
