// A child leaks a connection of its own, and ends at once.
// policy: grace=1ms interval=20ms
// expect: leak cause=eof-unread dir=out
#include "sockets.h"

int main(void)
{
    pid_t child = fork();
    if (child == 0) {
        close(pair_of_sockets().server);
        nap_ms(10);
        _exit(0);
    }
    return status_of(child);
}
