// A server whose every client leaks, at its descriptor limit: the numbers of those that were ended are given
// back when accept() finds no free one, and not before.
// policy: action=close grace=100ms interval=20ms release=emfile
// expect: 90 leak cause=eof-unread dir=in
// expect: 90 action action=close result=ok
// expect: 64 action action=release result=ok
#include "ended.h"

#include <sys/resource.h>

enum { CLIENTS = 90, FIRST = 26 };

static int listener;

/* The clients are another process's, and come one by one: each is greeted, and goes. */
static void be_clients(void)
{
    char hello;
    for (int i = 0; i < CLIENTS; i++) {
        int client = connect_to(listener);
        must(syscall(SYS_read, client, &hello, 1) == 1);
        syscall(SYS_close, client);
    }
    syscall(SYS_exit_group, 0);
}

int main(void)
{
    struct rlimit limit = {FIRST + 4, FIRST + 4};
    listener = listen_on_loopback();
    pid_t child = fork_past_libc();
    if (child == 0)
        be_clients();
    must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (int i = 0; i < CLIENTS; i++)
        for (int waited = 0, fd = -1; fd < 0; waited++) {
            fd = accept(listener, NULL, NULL);
            must(fd >= 0 || (errno == EMFILE && waited < 1000));
            must(i >= FIRST || fd == i + 4); /* nothing is given back while there are others */
            nap_ms(fd < 0 ? 5 : 0);
            must(fd < 0 || write(fd, "x", 1) == 1);
        }
    must(status_of(child) == 0);
    must(syscall(SYS_close, 0) == 0); /* the log's reader needs a number */
    await_events(2 * CLIENTS + CLIENTS - FIRST);
    return 0;
}
