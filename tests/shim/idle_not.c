// A connection with traffic in one direction is not idle at either end.
// policy: idle=1s interval=20ms
// expect: nothing
#include "sockets.h"

int main(void)
{
    char text[8];
    struct pair pair = pair_of_sockets();
    for (int i = 0; i < 40; i++) {
        nap_ms(40);
        must(write(pair.client, "x", 1) == 1);
        must(read(pair.server, text, sizeof text) == 1);
    }
    return 0;
}
