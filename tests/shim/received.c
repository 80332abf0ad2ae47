// A socket that came by SCM_RIGHTS: no hook saw its birth.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out !site !open_s peer=~^127.0.0.1:\d+$
// everywhere: layout of messages
#include "rights.h"

int main(void)
{
    int listener = listen_on_loopback();
    must(receive_socket() >= 0);
    close(listener);
    await_events(1);
    return 0;
}
