// A program that closes whatever it has open finds nothing of ours; its next sockets are watched like its
// first. Naive: its log and its epoll lay in the program's table, and are gone.
// policy: grace=1s interval=20ms
// expect: leak cause=eof-unread dir=out
#include "sockets.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    close(pair.server);
    nap_ms(100);
    for (int number = 3; number < 1024; number++)
        must(number == pair.client ? close(number) == 0 : close(number) < 0 && errno == EBADF);
    close(pair_of_sockets().server);
    await_events(1);
    return 0;
}
