// The same in a program that has made no TCP socket itself, as in a worker that is handed its connections.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out !site
#include "rights.h"

int main(void)
{
    must(receive_socket() >= 0);
    await_events(1);
    return 0;
}
