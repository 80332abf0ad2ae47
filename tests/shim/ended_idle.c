// Connections that were quiet for too long: one is ended, the one that was not quiet is not.
// policy: interval=20ms [dir=out] idle=400ms action=close
// expect: leak cause=idle state=ESTABLISHED
// expect: action action=close result=ok cause=idle
#include "ended.h"

int main(void)
{
    char text[8];
    struct pair quiet = pair_of_sockets(), busy = pair_of_sockets();
    for (int i = 0; i < 20; i++) {
        must(send(busy.client, "data", 4, 0) == 4);
        nap_ms(40);
    }
    must(recv(quiet.server, text, sizeof text, MSG_DONTWAIT) == 0);
    must(state_of(busy.client) == ESTABLISHED);
    return 0;
}
