// The same before the watcher has ever looked, and the new connection is reset: nobody has told the program.
// policy: grace=100ms interval=20ms
// expect: leak cause=reset-unread dir=out
#include "sockets.h"

int main(void)
{
    char text[8];
    int listener = listen_on_loopback();
    struct sockaddr_in there = address_of(listener);
    struct pair first = pair_at(listener);
    close(first.server);
    must(read(first.client, text, sizeof text) == 0);
    must(syscall(SYS_close, first.client) == 0);
    int second = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
    must(dup2_past_libc(second, first.client) == first.client);
    must(syscall(SYS_connect, first.client, &there, sizeof there) == 0);
    if (second != first.client)
        must(syscall(SYS_close, second) == 0);
    int server = accept(listener, NULL, NULL);
    nap_ms(60);
    reset(server);
    await_events(1);
    return 0;
}
