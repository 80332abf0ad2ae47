// A level-triggered epoll with an empty mask, and one that waits for room to write only when it has
// something: what the policy ends is forgotten by it, without one hang-up. Left there, it would spin
// (EPOLLHUP has no mask).
// policy: action=close grace=1s interval=20ms
// expect: 1000 leak cause=eof-unread
// expect: 1000 action action=close result=ok
#include "loops.h"

#include <sys/epoll.h>

static int epoll, woken;

static void wait_ms(int ms)
{
    struct epoll_event events[64];
    for (int64_t until = now_ms() + ms; now_ms() < until;) {
        int left = (int)(until - now_ms());
        woken += epoll_wait(epoll, events, 64, left > 0 ? left : 0);
    }
}

int main(void)
{
    static int clients[THOUSAND];
    epoll = epoll_create1(0);
    leak_many(clients, THOUSAND);
    for (int i = 0; i < THOUSAND; i++)
        must(epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i], &(struct epoll_event){.events = 0}) == 0);
    wait_ms(50);
    await_events(2 * THOUSAND);
    must_rest(wait_ms);
    must(woken == 0);
    for (int i = 0; i < THOUSAND; i++)
        must(epoll_ctl(epoll, EPOLL_CTL_DEL, clients[i], NULL) < 0 && errno == ENOENT);
    return 0;
}
