// A program started by vfork and exec, as shells and subprocess do, leaves ours watched.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out
// everywhere: vfork returns twice through a hook
#include "sockets.h"

int main(int count, char **arguments)
{
    (void)arguments;
    if (count > 1)
        return 0;
    struct pair pair = pair_of_sockets();
    must(fcntl(pair.client, F_SETFD, FD_CLOEXEC) == 0 && fcntl(pair.server, F_SETFD, FD_CLOEXEC) == 0);
    pid_t child = vfork();
    if (child == 0) {
        execl("/proc/self/exe", "vfork_exec", "ends", NULL);
        _exit(97);
    }
    must(status_of(child) == 0);
    close(pair.server);
    await_events(1);
    return 0;
}
