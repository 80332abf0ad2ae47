// Hooks are called before any library's constructor has run, ours among them. Naive: the table that its
// constructor makes is not there yet, and it crashes.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out
// everywhere: order of constructors
// only: glibc    (musl calls nothing that early)
#include "sockets.h"

static struct pair early;

static void at_the_very_start(void)
{
    char byte;
    early = pair_of_sockets();
    must(write(early.server, "x", 1) == 1);
    must(read(early.client, &byte, 1) == 1);
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = at_the_very_start;

int main(void)
{
    close(early.server);
    await_events(1);
    return 0;
}
