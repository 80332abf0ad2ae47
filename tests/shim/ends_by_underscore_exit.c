// _exit runs no exit handler; the last look is taken all the same.
// policy: grace=100ms interval=1m
// exit: 3
// expect: leak cause=eof-unread dir=out
// everywhere: exit handlers
#include "sockets.h"

int main(void)
{
    close(pair_of_sockets().server);
    nap_ms(200);
    _exit(3);
}
