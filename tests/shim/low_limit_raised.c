// A socket that was made while the descriptor limit kept the watcher from looking is looked at once it is
// raised.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out fd=0
// expect: healed
#include "sockets.h"

#include <sys/resource.h>

int main(void)
{
    struct rlimit limit;
    int listener = listen_on_loopback();
    nap_ms(60);
    must(getrlimit(RLIMIT_NOFILE, &limit) == 0 && close(0) == 0 && close(1) == 0);
    must(setrlimit(RLIMIT_NOFILE, &(struct rlimit){2, limit.rlim_max}) == 0);
    struct pair pair = pair_at(listener);
    must(pair.client == 0 && pair.server == 1 && close(pair.server) == 0);
    nap_ms(100);
    must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    await_events(1);
    close(pair.client);
    await_events(2);
    return 0;
}
