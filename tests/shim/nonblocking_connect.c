// A connect that was still under way when it returned.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out peer=~^127.0.0.1:\d+$ site=~^nonblocking_connect.0x
#include "sockets.h"

int main(void)
{
    int listener = listen_on_loopback();
    struct sockaddr_in there = address_of(listener);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    must(client >= 0);
    must(connect(client, (struct sockaddr *)&there, sizeof there) < 0 && errno == EINPROGRESS);
    int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    must(server >= 0);
    close(server);
    await_events(1);
    return 0;
}
