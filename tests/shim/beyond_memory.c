// A socket under a number of which we have no memory, because the program may use little: it is found all the
// same.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread
// rooms: own
// everywhere: sizes of memory
#include "little_memory.h"

int main(int count, char **arguments)
{
    live_on_little_memory(count, arguments);
    struct pair pair = pair_of_sockets();
    must(dup2(pair.client, FAR) == FAR && close(pair.client) == 0);
    close(pair.server);
    await_events(1);
    return 0;
}
