// A server that forks for each connection and forgets its own copy: the child has read the 0 and is done, the
// parent leaks.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-ignored dir=in site !reader !shared
#include "sockets.h"

int main(void)
{
    char text[8];
    struct pair pair = pair_of_sockets();
    pid_t child = fork();
    if (child == 0) {
        close(pair.client);
        must(read(pair.server, text, sizeof text) == 0);
        close(pair.server);
        _exit(0);
    }
    close(pair.client);
    must(status_of(child) == 0);
    await_events(1);
    return 0;
}
