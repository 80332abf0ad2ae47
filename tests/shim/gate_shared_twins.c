// A shared socket under two numbers of ours is one leak, and both references are dropped.
// policy: action=close grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=in
// expect: action action=close result=ok shared dir=in
// expect: healed
#include "ended.h"

int main(void)
{
    char text[8];
    int go[2];
    struct pair pair = pair_of_sockets();
    int copy = dup(pair.server);
    must(pipe(go) == 0 && shutdown(pair.client, SHUT_WR) == 0);
    pid_t child = fork_past_libc(); /* without a watcher of its own */
    if (child == 0) {
        must(syscall(SYS_close, go[1]) == 0 && syscall(SYS_read, go[0], text, 1) == 0);
        syscall(SYS_exit_group, 0);
    }
    await_events(1);
    for (int waited = 0; waited < 20; waited++) {
        nap_ms(50);
        close(socket(AF_INET, SOCK_STREAM, 0));
    }
    must(state_of(pair.server) == CLOSED && state_of(copy) == CLOSED);
    must(recv(pair.client, text, sizeof text, MSG_DONTWAIT) < 0 && errno == EAGAIN);
    close(go[1]);
    must(status_of(child) == 0);
    must(recv(pair.client, text, sizeof text, 0) == 0);
    close(pair.client);
    must(close(pair.server) == 0 && close(copy) == 0);
    await_events(3);
    return 0;
}
