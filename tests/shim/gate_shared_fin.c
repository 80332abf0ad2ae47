// The gate: another process holds the socket too. Nothing is done while it does; when it has gone, it is.
// The child says the same of the same socket.
// policy: action=fin grace=100ms interval=20ms
// expect: 2 leak cause=eof-unread shared
// expect: action action=fin result=ok !shared
#include "ended.h"

int main(void)
{
    int go[2];
    char byte;
    struct pair pair = pair_of_sockets();
    must(pipe(go) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(go[1]);
        close(pair.server);
        must(read(go[0], &byte, 1) == 0);
        _exit(0);
    }
    close(go[0]);
    must(close(pair.server) == 0);
    await_events(2);
    must(state_of(pair.client) == CLOSE_WAIT);
    close(go[1]);
    must(status_of(child) == 0);
    await_events(4); /* the child's summary is one */
    must(state_of(pair.client) == CLOSED);
    return 0;
}
