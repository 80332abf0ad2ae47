// The child still sends to a half-closed peer, while the parent holds a copy: no leak in either.
// policy: grace=1s interval=20ms
// expect: nothing
// everywhere: libc's fork
#include "sockets.h"

int main(void)
{
    char text[8];
    struct pair pair = pair_of_sockets();
    must(shutdown(pair.client, SHUT_WR) == 0);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 40; i++) {
            must(send(pair.server, "data", 4, MSG_NOSIGNAL) == 4);
            nap_ms(40);
        }
        _exit(0);
    }
    for (int i = 0; i < 40; i++)
        must(recv(pair.client, text, 4, MSG_WAITALL) == 4);
    return status_of(child);
}
