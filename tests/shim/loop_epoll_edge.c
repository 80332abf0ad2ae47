// An edge-triggered epoll: no storm of hang-ups when a thousand are ended, nor afterwards. Two epolls know
// each.
// policy: action=close grace=1s interval=20ms
// expect: 1000 leak cause=eof-unread
// expect: 1000 action action=close result=ok
#include "loops.h"

#include <sys/epoll.h>

static int epolls[2], woken;

static void wait_ms(int ms)
{
    struct epoll_event events[64];
    for (int64_t until = now_ms() + ms; now_ms() < until;) {
        woken += epoll_wait(epolls[0], events, 64, 5);
        woken += epoll_wait(epolls[1], events, 64, 5);
    }
}

int main(void)
{
    static int clients[THOUSAND];
    leak_many(clients, THOUSAND);
    for (int which = 0; which < 2; which++) {
        struct epoll_event event = {.events = EPOLLET | EPOLLIN | EPOLLRDHUP | EPOLLOUT};
        epolls[which] = epoll_create1(0);
        for (int i = 0; i < THOUSAND; i++)
            must(epoll_ctl(epolls[which], EPOLL_CTL_ADD, clients[i], &event) == 0);
    }
    while (woken < 2 * THOUSAND) /* the FINs */
        wait_ms(20);
    await_events(2 * THOUSAND);
    must_rest(wait_ms);
    must(woken == 2 * THOUSAND);
    return 0;
}
