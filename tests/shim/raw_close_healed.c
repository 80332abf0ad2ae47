// A close that passes no hook, after the report.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread
// expect: healed cause=eof-unread
#include "sockets.h"

int main(void)
{
    struct pair pair = pair_of_sockets();
    close(pair.server);
    await_events(1);
    must(syscall(SYS_close, pair.client) == 0);
    await_events(2);
    return 0;
}
