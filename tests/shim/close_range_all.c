// The same by close_range(2), which no hook sees. Naive: its log and its epoll lay in the program's table,
// and are gone.
// policy: grace=1s interval=20ms
// expect: leak cause=eof-unread dir=out
// everywhere: system calls by number
#include "sockets.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    close(pair.server);
    nap_ms(100);
    must(syscall(SYS_close_range, 3, ~0u, 0) == 0);
    close(pair_of_sockets().server);
    await_events(1);
    return 0;
}
