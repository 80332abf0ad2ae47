// A reference is not dropped once the program has sent again, though the watcher has not looked since.
// policy: action=close grace=300ms interval=20ms
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
    pid_t child = fork_past_libc(); /* without a watcher of its own */
    if (child == 0) {
        must(syscall(SYS_close, go[1]) == 0 && syscall(SYS_read, go[0], text, 1) == 0);
        syscall(SYS_exit_group, 0);
    }
    await_events(1);
    must(write(pair.server, "data", 4) == 4);
    struct pair next = pair_at(listener);
    must(write(pair.server, "more", 4) == 4);
    must(recv(pair.client, text, sizeof text, MSG_WAITALL) == 8);
    close(go[1]);
    must(status_of(child) == 0);
    close(pair.client);
    must(close(pair.server) == 0);
    close(next.client);
    close(next.server);
    return 0;
}
