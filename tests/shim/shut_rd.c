// After a local SHUT_RD a read returns 0, and the connection lives.
// policy: grace=100ms interval=20ms
// expect: nothing
#include "sockets.h"

int main(void)
{
    char text[8];
    struct pair pair = pair_of_sockets();
    must(shutdown(pair.client, SHUT_RD) == 0);
    must(read(pair.client, text, sizeof text) == 0);
    nap_ms(500);
    return 0;
}
