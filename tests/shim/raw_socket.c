// Sockets made by bare system calls, in both directions. Naive: what passed no hook is not there.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out !site !open_s peer=~^127.0.0.1:\d+$
// expect: leak cause=eof-unread dir=in !site !open_s
// everywhere: system calls by number
#include "sockets.h"

static struct pair raw_pair(int listener)
{
    struct sockaddr_in there = address_of(listener);
    int client = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
    must(client >= 0 && syscall(SYS_connect, client, &there, sizeof there) == 0);
    int server = (int)syscall(SYS_accept4, listener, NULL, NULL, 0);
    must(server >= 0);
    return (struct pair){client, server};
}

int main(void)
{
    int listener = listen_on_loopback();
    struct pair outgoing = raw_pair(listener), incoming = raw_pair(listener);
    close(outgoing.server);
    close(incoming.client);
    await_events(2);
    return 0;
}
