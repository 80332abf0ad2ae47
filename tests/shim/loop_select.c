// A select() loop that looks for urgent data on connections that it does not read: an end is none.
// policy: action=close grace=1s interval=20ms
// expect: 1000 leak cause=eof-unread
// expect: 1000 action action=close result=ok
#include "loops.h"

#include <sys/select.h>

static fd_set watched;
static int woken;

static void wait_ms(int ms)
{
    for (int64_t until = now_ms() + ms; now_ms() < until;) {
        fd_set urgent = watched;
        int left = (int)(until - now_ms());
        struct timeval timeout = {.tv_usec = left > 0 ? left * 1000 : 0};
        woken += select(FD_SETSIZE, NULL, NULL, &urgent, &timeout) > 0;
    }
}

int main(void)
{
    static int clients[THOUSAND];
    leak_many(clients, THOUSAND);
    for (int i = 0; i < THOUSAND; i++)
        FD_SET(clients[i], &watched);
    wait_ms(50);
    await_events(2 * THOUSAND);
    must_rest(wait_ms);
    must(woken == 0);
    return 0;
}
