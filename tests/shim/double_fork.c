// The same by two forks; those in between end by _exit. Naive: the thread stayed in the first process.
// policy: grace=200ms interval=20ms
// expect: leak cause=eof-unread dir=out !shared
#include "sockets.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    pid_t child = fork();
    if (child)
        _exit(status_of(child));
    setsid();
    if (fork())
        _exit(0);
    close(pair.server);
    await_events(1);
    return 0;
}
