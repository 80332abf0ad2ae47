// The gate: all holds but that data lie unread before the FIN. The program can still read them.
// policy: action=close grace=100ms interval=20ms
// expect: nothing
#include "ended.h"

int main(void)
{
    char text[8];
    struct pair pair = pair_of_sockets();
    send_and_close(pair.server, "data");
    nap_ms(500);
    must(state_of(pair.client) == CLOSE_WAIT);
    must(read(pair.client, text, sizeof text) == 4);
    must(close(pair.client) == 0);
    return 0;
}
