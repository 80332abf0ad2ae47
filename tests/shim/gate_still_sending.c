// The gate: all holds but that the program still sends to its half-closed peer. Every byte arrives.
// policy: action=close grace=400ms interval=20ms
// expect: nothing
#include "ended.h"

int main(void)
{
    char text[8];
    struct pair pair = pair_of_sockets();
    must(shutdown(pair.client, SHUT_WR) == 0);
    for (int i = 0; i < 20; i++) {
        must(send(pair.server, "data", 4, 0) == 4);
        must(recv(pair.client, text, 4, MSG_WAITALL) == 4);
        nap_ms(60);
    }
    must(state_of(pair.server) == CLOSE_WAIT);
    close(pair.server);
    return 0;
}
