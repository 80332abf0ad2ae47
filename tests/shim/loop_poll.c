// A poll() loop that has stopped to watch those that have ended, and waits for others.
// policy: action=close grace=1s interval=20ms
// expect: 1000 leak cause=eof-ignored
// expect: 1000 action action=close result=ok
#include "loops.h"

static struct pollfd asked[THOUSAND + 1];
static int woken;

static void wait_ms(int ms)
{
    for (int64_t until = now_ms() + ms; now_ms() < until;) {
        int left = (int)(until - now_ms()), ready = poll(asked, THOUSAND + 1, left > 0 ? left : 0);
        woken += ready > 0;
        for (int i = 0; ready > 0 && i < THOUSAND; i++) {
            char byte;
            if (asked[i].revents && read(asked[i].fd, &byte, 1) == 0)
                asked[i].fd = -1; /* poll(2): not looked at any more */
        }
    }
}

int main(void)
{
    static int clients[THOUSAND];
    leak_many(clients, THOUSAND);
    for (int i = 0; i < THOUSAND; i++)
        asked[i] = (struct pollfd){.fd = clients[i], .events = POLLIN};
    asked[THOUSAND] = (struct pollfd){.fd = listen_on_loopback(), .events = POLLIN};
    wait_ms(50);
    int before = woken;
    await_events(2 * THOUSAND);
    must_rest(wait_ms);
    must(woken == before);
    return 0;
}
