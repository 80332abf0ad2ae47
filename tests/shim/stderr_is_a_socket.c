// With stderr closed, number 2 goes to the next socket: our lines must not go to its peer.
// policy: grace=100ms interval=20ms log=stderr
// expect: nothing
#include "sockets.h"

int main(void)
{
    char text[8];
    int listener = listen_on_loopback();
    close(2);
    struct pair talk = pair_at(listener);
    must(talk.client == 2);
    close(pair_at(listener).server);
    nap_ms(500);
    return recv(talk.server, text, sizeof text, MSG_DONTWAIT) < 0 && errno == EAGAIN ? 0 : 1;
}
