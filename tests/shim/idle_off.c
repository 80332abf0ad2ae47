// A quiet connection is no leak unless the policy says so.
// policy: grace=100ms interval=20ms
// expect: nothing
// everywhere: what is no leak
#include "sockets.h"

int main(void)
{
    pair_of_sockets();
    nap_ms(500);
    return 0;
}
