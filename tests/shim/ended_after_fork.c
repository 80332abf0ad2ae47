// A child that goes on after a fork: its own leak is ended by its own watcher, and the parent's by the
// parent's.
// policy: action=close grace=100ms interval=20ms
// expect: 2 leak cause=eof-unread !shared
// expect: 2 action action=close result=ok
#include "ended.h"

int main(void)
{
    int mine, its;
    struct pair first = pair_of_sockets();
    close(first.client);
    close(first.server);
    pid_t child = fork();
    must(child >= 0);
    if (child == 0) {
        leak_many(&its, 1);
        for (int waited = 0; state_of(its) != CLOSED && waited < 5000; waited += 10)
            nap_ms(10);
        nap_ms(50);
        must(state_of(its) == CLOSED);
        exit(0);
    }
    leak_many(&mine, 1);
    must(status_of(child) == 0);
    await_events(5); /* the child's summary is one */
    must(state_of(mine) == CLOSED);
    return 0;
}
