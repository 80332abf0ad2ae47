// Every option has its value in the kernel: on a socket that is only made, on both ends of a connection, and
// on the listener, but for the receive timeout, with which accept() would time out.
// policy: keepalive=1800/3/2 user-timeout=90s linger=7 fin-timeout=9 reuseaddr=on nodelay=on recv-timeout=1500ms send-timeout=2m
// expect: nothing
// everywhere: layout of options
#include "options.h"

static void must_have_all(int fd, bool listens)
{
    must_probe(fd, 1800, 3, 2);
    must(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT) == 90000);
    must(linger_seconds(fd) == 7);
    must(option(fd, IPPROTO_TCP, TCP_LINGER2) == 9);
    must(option(fd, SOL_SOCKET, SO_REUSEADDR) == 1);
    must(option(fd, IPPROTO_TCP, TCP_NODELAY) == 1);
    must(timeout_ms(fd, SO_RCVTIMEO) == (listens ? 0 : 1500));
    must(timeout_ms(fd, SO_SNDTIMEO) == 120000);
}

int main(void)
{
    int listener = listen_on_loopback();
    struct pair pair = pair_at(listener);
    must_have_all(socket(AF_INET, SOCK_STREAM, 0), false);
    must_have_all(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP), false);
    must_have_all(listener, true);
    must_have_all(pair.client, false);
    must_have_all(pair.server, false);
    must(close(pair.client) == 0 && close(pair.server) == 0);
    return 0;
}
