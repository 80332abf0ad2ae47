// A socket that is inherited through exec.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread exe=exec_inherits dir=out !site !open_s !shared peer=~^127.0.0.1:\d+$
#include "sockets.h"

int main(int count, char **arguments)
{
    char number[12];
    if (count == 1) {
        struct pair pair = pair_of_sockets();
        must(fcntl(pair.client, F_SETFD, 0) == 0 && fcntl(pair.server, F_SETFD, FD_CLOEXEC) == 0);
        snprintf(number, sizeof number, "%d", pair.client);
        execl("/proc/self/exe", arguments[0], number, NULL);
    }
    must(count == 2);
    await_end(atoi(arguments[1])); /* the exec closed the other end */
    await_events(1);
    return 0;
}
