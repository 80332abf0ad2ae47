// What the parent was asked to do, a child that no fork handler has seen (_Fork(3)) does not do to its own
// numbers.
// policy: action=close grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=in
// expect: healed
#include "ended.h"

int main(void)
{
    char text[8];
    int go[2];
    int listener = listen_on_loopback();
    struct pair pair = pair_at(listener);
    must(pipe(go) == 0 && shutdown(pair.client, SHUT_WR) == 0);
    pid_t holder = fork_past_libc(); /* for its sake the reference is to be dropped */
    if (holder == 0) {
        must(syscall(SYS_close, go[1]) == 0 && syscall(SYS_read, go[0], text, 1) == 0);
        syscall(SYS_exit_group, 0);
    }
    await_events(1);
    pid_t worker = fork_past_libc();
    if (worker == 0) {
        int other = socket(AF_INET, SOCK_STREAM, 0);
        must(other >= 0 && state_of(pair.server) == CLOSE_WAIT);
        must(write(pair.server, "data", 4) == 4);
        syscall(SYS_exit_group, 0);
    }
    must(status_of(worker) == 0);
    must(recv(pair.client, text, sizeof text, 0) == 4);
    close(go[1]);
    must(status_of(holder) == 0);
    close(pair.client);
    must(close(pair.server) == 0);
    await_events(2);
    return 0;
}
