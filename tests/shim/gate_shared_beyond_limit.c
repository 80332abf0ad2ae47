// A reference under a number that lies beyond the limit by now cannot be dropped (dup2(2), EBADF), and is not
// said to have been.
// policy: action=close grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=in
// expect: healed
#include "ended.h"

#include <signal.h>
#include <sys/resource.h>

int main(void)
{
    char byte;
    int go[2];
    struct rlimit limit = {40, 40};
    int listener = listen_on_loopback();
    struct pair pair = pair_at(listener);
    int high = fcntl(pair.server, F_DUPFD_CLOEXEC, 50);
    must(high >= 50 && close(pair.server) == 0);
    must(pipe(go) == 0 && shutdown(pair.client, SHUT_WR) == 0);
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); /* without a watcher of its own */
    if (child == 0) {
        must(syscall(SYS_close, go[1]) == 0 && syscall(SYS_read, go[0], &byte, 1) == 0);
        syscall(SYS_exit_group, 0);
    }
    await_events(1);
    must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    struct pair next = pair_at(listener);
    nap_ms(100);
    must(state_of(high) == CLOSE_WAIT);
    close(go[1]);
    must(status_of(child) == 0 && close(pair.client) == 0 && close(high) == 0);
    await_events(2);
    close(next.client);
    close(next.server);
    return 0;
}
