// A vfork child that closes everything runs in our memory, but closes its own copies only. Naive: the
// parent's socket is struck out, and its leak never told of.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out site=~^vfork_closes_all.0x
// everywhere: vfork returns twice through a hook
#include "sockets.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    pid_t child = vfork();
    if (child == 0) {
        for (int number = 3; number < 64; number++)
            close(number);
        _exit(0);
    }
    must(status_of(child) == 0);
    close(pair.server);
    await_events(1);
    return 0;
}
