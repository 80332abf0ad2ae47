// A parent whose epoll watches its stale copy of a child's connection: with the reference goes the place in
// the epoll, which would outlive it (epoll(7), question 6) and tell the parent of the child's hang-up without
// an end.
// policy: action=close grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=in
// expect: action action=close result=ok shared
#include "loops.h"

static int epoll, woken;

static void wait_ms(int ms)
{
    woken += words_of(epoll, ms);
}

int main(void)
{
    char byte;
    int go[2], listener = listen_on_loopback();
    struct pair pair = pair_at(listener);
    epoll = epoll_create1(0);
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, pair.server, &(struct epoll_event){.events = 0}) == 0);
    must(pipe(go) == 0);
    pid_t child = fork_past_libc(); /* without a watcher of its own */
    if (child == 0) {
        syscall(SYS_close, go[1]);
        syscall(SYS_close, pair.client);
        syscall(SYS_read, go[0], &byte, 1);
        syscall(SYS_shutdown, pair.server, SHUT_RDWR);
        syscall(SYS_read, go[0], &byte, 1);
        syscall(SYS_exit_group, 0);
    }
    close(pair.client);
    await_events(1);
    struct pair next = pair_at(listener);
    await_events(2);
    must(write(go[1], "x", 1) == 1);
    must_rest(wait_ms);
    must(woken == 0);
    close(go[1]);
    must(status_of(child) == 0);
    close(next.client);
    close(next.server);
    return 0;
}
