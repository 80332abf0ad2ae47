// A number that is closed and given to the next connection, again and again, and all closed in time but the
// last. Naive: acts on the number, which is another's by then.
// policy: grace=1s interval=20ms
// expect: leak cause=eof-unread dir=out !reader
#include "sockets.h"

int main(void)
{
    char text[8];
    int listener = listen_on_loopback();
    for (int i = 0; i < 50; i++) {
        struct pair pair = pair_at(listener);
        close(pair.server);
        must(read(pair.client, text, sizeof text) == 0);
        close(pair.client);
        nap_ms(2);
    }
    close(pair_at(listener).server);
    close(listener);
    await_events(1);
    return 0;
}
