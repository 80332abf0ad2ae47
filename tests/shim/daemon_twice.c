// A program that puts itself into the background twice, and closes everything in between: its leaks are found
// there, each by the process that has it. Naive: the watcher's thread stayed in the first process, and "it
// has started" came along.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out
// expect: leak cause=eof-unread dir=out
#include "sockets.h"

enum { NUMBERS = 64 };

static void leak_in_the_background(int events)
{
    must(daemon(1, 1) == 0);
    for (int number = 3; number < NUMBERS; number++)
        close(number);
    close(pair_of_sockets().server);
    await_events(events);
}

int main(void)
{
    pair_of_sockets();
    leak_in_the_background(1);
    leak_in_the_background(2);
    return 0;
}
