// No data either way for so long, and no FIN.
// policy: idle=100ms interval=20ms
// expect: leak cause=idle dir=out state=ESTABLISHED !fin_s
// expect: leak cause=idle dir=in state=ESTABLISHED !fin_s
// everywhere: a cause
#include "sockets.h"

int main(void)
{
    pair_of_sockets();
    await_events(2);
    return 0;
}
