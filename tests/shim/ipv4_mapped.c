// IPv4 at both ends through IPv6 sockets is written as IPv4, and matches as IPv4.
// policy: grace=100ms interval=20ms action=ignore [peer=127.0.0.0/8] action=report
// expect: leak cause=eof-unread dir=out local=~^127.0.0.1:\d+$ peer=~^127.0.0.1:\d+$
// expect: leak cause=eof-unread dir=in local=~^127.0.0.1:\d+$ peer=~^127.0.0.1:\d+$
#include "sockets.h"

static struct pair mapped_pair(int listener)
{
    struct sockaddr_in6 there;
    socklen_t size = sizeof there;
    must(getsockname(listener, (struct sockaddr *)&there, &size) == 0);
    there.sin6_addr = (struct in6_addr){.s6_addr = {[10] = 0xff, 0xff, 127, 0, 0, 1}};
    int client = socket(AF_INET6, SOCK_STREAM, 0);
    must(client >= 0 && connect(client, (struct sockaddr *)&there, size) == 0);
    return (struct pair){client, accept(listener, NULL, NULL)};
}

int main(void)
{
    struct sockaddr_in6 anywhere = {.sin6_family = AF_INET6};
    int listener = listen_at(&anywhere, sizeof anywhere, 16);
    close(mapped_pair(listener).server);
    close(mapped_pair(listener).client);
    await_events(2);
    return 0;
}
