// io_uring: polls without an end on a thousand connections complete a few times when these are ended, and
// then rest.
// policy: action=close grace=1s interval=20ms
// expect: 1000 leak
// expect: 1000 action action=close result=ok
// only: native    (liburing is there for our own kind)
#include "loops.h"

#include <liburing.h>

static struct io_uring ring;
static int completed;

static void wait_ms(int ms)
{
    for (int64_t until = now_ms() + ms; now_ms() < until;) {
        struct __kernel_timespec timeout = {.tv_nsec = 20000000};
        struct io_uring_cqe *done;
        if (io_uring_wait_cqe_timeout(&ring, &done, &timeout) == 0) {
            completed++;
            io_uring_cqe_seen(&ring, done);
        }
    }
}

int main(void)
{
    static int clients[THOUSAND];
    must(io_uring_queue_init(4096, &ring, 0) == 0);
    leak_many(clients, THOUSAND);
    for (int i = 0; i < THOUSAND; i++) /* tells of a FIN, too (io_uring/poll.c, IO_POLL_UNMASK) */
        io_uring_prep_poll_multishot(io_uring_get_sqe(&ring), clients[i], POLLPRI);
    must(io_uring_submit(&ring) == THOUSAND);
    while (completed < THOUSAND) /* each tells of its FIN */
        wait_ms(20);
    await_events(2 * THOUSAND);
    int before;
    do {
        before = completed;
        wait_ms(100);
    } while (completed != before && completed <= 4 * THOUSAND);
    must(completed <= 4 * THOUSAND); /* the shutdown, and the states it passes */
    must_rest(wait_ms);
    must(completed == before);
    return 0;
}
