// The peer had gone before the program accepted the connection.
// policy: grace=200ms interval=20ms
// expect: leak cause=eof-unread dir=in dead_on_accept=true
// everywhere: for format_test
#include "sockets.h"

int main(void)
{
    int listener = listen_on_loopback();
    close(connect_to(listener));
    nap_ms(100);
    must(accept(listener, NULL, NULL) >= 0);
    close(listener);
    await_events(1);
    return 0;
}
