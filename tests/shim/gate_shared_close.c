// A parent's stale copy of its child's connection: at the parent's next accept only the parent's reference
// goes, without a FIN. The child still sends to its half-closed peer, and ends the connection itself.
// policy: action=close grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=in
// expect: action action=close result=ok shared dir=in
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
        must(syscall(SYS_sendto, pair.server, "data", 4, 0, NULL, 0) == 4);
        syscall(SYS_exit_group, 0);
    }
    await_events(1);
    struct pair next = pair_at(listener);
    await_events(2);
    must(read(pair.server, text, sizeof text) == 0);
    must(write(pair.server, "data", 4) < 0 && errno == EPIPE);
    must(getpeername(pair.server, (struct sockaddr *)text, &(socklen_t){sizeof text}) < 0 &&
         errno == ENOTCONN);
    must(recv(pair.client, text, sizeof text, MSG_DONTWAIT) < 0 && errno == EAGAIN);
    close(go[1]);
    must(recv(pair.client, text, sizeof text, 0) == 4);
    must(recv(pair.client, text, sizeof text, 0) == 0); /* the child was the last to hold it */
    close(pair.client);
    must(status_of(child) == 0);
    must(close(pair.server) == 0);
    await_events(3);
    close(next.client);
    close(next.server);
    return 0;
}
