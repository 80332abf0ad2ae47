// key!=value is the policy's: the program's own call succeeds and changes nothing, before and after its
// connection, on both ends, and getsockopt() tells the truth. Other options stay the program's.
// policy: keepalive!=60/10/3 [dir=out] nodelay!=on [peer=127.0.0.0/8] linger!=off
// expect: nothing
// everywhere: layout of options
#include "options.h"

static void try_to_change(int fd)
{
    must(set(fd, SOL_SOCKET, SO_KEEPALIVE, 0) == 0);
    must(set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 9999) == 0);
    must(setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger)) == 0);
    must(set(fd, IPPROTO_TCP, TCP_NODELAY, 0) == 0);
    must(set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1234) == 0);
}

int main(void)
{
    int listener = listen_on_loopback(), client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in there = address_of(listener);
    try_to_change(client);
    must_probe(client, 60, 10, 3);
    must(linger_seconds(client) == 0); /* nobody knows its peer yet */
    try_to_change(listener);
    must_probe(listener, 60, 10, 3);
    must(connect(client, (struct sockaddr *)&there, sizeof there) == 0);
    int server = accept(listener, NULL, NULL);
    for (int again = 0; again < 2; again++) {
        must_probe(client, 60, 10, 3);
        must_probe(server, 60, 10, 3);
        must(linger_seconds(client) == -1 && linger_seconds(server) == -1);
        must(option(client, IPPROTO_TCP, TCP_NODELAY) == 1 && option(server, IPPROTO_TCP, TCP_NODELAY) == 0);
        must(option(client, IPPROTO_TCP, TCP_USER_TIMEOUT) == 1234);
        try_to_change(client);
        try_to_change(server);
    }
    must(set(listener, SOL_SOCKET, SO_KEEPALIVE, 0) == 0);
    must(setsockopt(-1, SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int)) < 0 && errno == EBADF);
    return 0;
}
