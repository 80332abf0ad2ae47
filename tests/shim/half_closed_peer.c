// A peer that has shut its sending side down and still reads: as long as the program sends, there is no leak.
// policy: grace=1s interval=20ms
// expect: nothing
// everywhere: what is no leak
#include "sockets.h"

int main(void)
{
    char text[8];
    struct pair pair = pair_of_sockets();
    must(shutdown(pair.client, SHUT_WR) == 0);
    must(read(pair.server, text, sizeof text) == 0);
    for (int i = 0; i < 40; i++) {
        nap_ms(40);
        must(write(pair.server, "data", 4) == 4);
        must(read(pair.client, text, sizeof text) == 4);
    }
    close(pair.server);
    must(read(pair.client, text, sizeof text) == 0);
    close(pair.client);
    return 0;
}
