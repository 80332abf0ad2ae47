// limit=N:term: said, and then SIGTERM to the process, which may handle it.
// policy: limit=2:term grace=100ms interval=20ms
// expect: 2 leak
// expect: limit leaks=2 limit=2 signal=SIGTERM
// exit: 7
#include "ended.h"

#include <signal.h>

static void end(int signal)
{
    (void)signal;
    _exit(7);
}

int main(void)
{
    int clients[2];
    signal(SIGTERM, end);
    leak_many(clients, 2);
    await_events(100);
    return 0;
}
