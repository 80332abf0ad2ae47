// An idle connection is ended: the loop that waits for its peer's next word hears of it, and closes; one that
// does not heed it is left in peace after a while.
// policy: interval=20ms [dir=out] action=close idle=200ms
// expect: 2 leak cause=idle
// expect: 2 action action=close result=ok
// expect: healed
#include "loops.h"

static int epoll, woken;

static void wait_ms(int ms)
{
    woken += words_of(epoll, ms);
}

int main(void)
{
    char byte;
    struct pair attended = pair_of_sockets(), unheeded = pair_of_sockets();
    struct epoll_event event = {.events = EPOLLIN, .data.fd = attended.client};
    epoll = epoll_create1(0);
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, attended.client, &event) == 0);
    must(epoll_wait(epoll, &event, 1, 5000) == 1 && event.data.fd == attended.client);
    must(read(attended.client, &byte, 1) == 0 && close(attended.client) == 0);

    must(epoll_ctl(epoll, EPOLL_CTL_ADD, unheeded.client, &(struct epoll_event){.events = 0}) == 0);
    await_events(5);
    nap_ms(1300);
    must_rest(wait_ms);
    must(woken == 0);
    return 0;
}
