// After a close that no hook saw, the number holds another socket that no hook saw: what was noted is not
// about it. Naive: the end of the old one is taken for the new one's.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-ignored site reader
// expect: healed cause=eof-ignored
// expect: leak cause=eof-unread dir=out !site !reader !open_s
// everywhere: system calls by number
#include "sockets.h"

int main(void)
{
    char text[8];
    struct pair first = pair_of_sockets();
    int listener = listen_on_loopback();
    struct sockaddr_in there = address_of(listener);
    close(first.server);
    must(read(first.client, text, sizeof text) == 0);
    await_events(1);
    must(syscall(SYS_close, first.client) == 0);
    int second = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
    if (second != first.client) {
        must(dup2_past_libc(second, first.client) == first.client);
        must(syscall(SYS_close, second) == 0);
    }
    must(syscall(SYS_connect, first.client, &there, sizeof there) == 0);
    close(accept(listener, NULL, NULL));
    await_events(3);
    return 0;
}
