// A write in the very moment of an end raises no SIGPIPE either. That takes the longer the more is unread.
// policy: action=close grace=50ms unread-grace=50ms interval=20ms
// expect: 20 leak cause=data-unread
// expect: 20 action action=close result=ok
// expect: 20 healed
#include "ended.h"

enum { ROUNDS = 20, MUCH = 1 << 20 };

static char text[MUCH];

int main(void)
{
    int listener = listen_on_loopback(), size = MUCH;
    must(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) == 0);
    for (int i = 0; i < ROUNDS; i++) {
        struct pair pair = pair_at(listener);
        must(send(pair.client, text, sizeof text, MSG_DONTWAIT) > 0);
        must(close(pair.client) == 0);
        await_end(pair.server);
        while (state_of(pair.server) == CLOSE_WAIT)
            ;
        must(write(pair.server, "x", 1) < 0 && errno == EPIPE);
        must(close(pair.server) == 0);
    }
    await_events(3 * ROUNDS);
    return 0;
}
