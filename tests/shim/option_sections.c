// Sections by direction, address and port: each end gets what is meant for it, and a listener hands down what
// is meant for its port.
// policy: [dir=in] keepalive=11/1/1 [dir=out] keepalive=22/2/2 [port=1-65535 dir=out peer=127.0.0.2] keepalive=33/3/3 [local=127.0.0.2] user-timeout=4s [peer=10.0.0.0/8] keepalive=44/4/4
// expect: nothing
#include "options.h"

static struct pair pair_by(uint32_t address)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    return pair_at(listen_at(&here, sizeof here, 1));
}

int main(void)
{
    struct pair first = pair_by(0x7f000001), second = pair_by(0x7f000002);
    must(keepalive(socket(AF_INET, SOCK_STREAM, 0)) == 0);
    must_probe(first.client, 22, 2, 2);
    must_probe(first.server, 11, 1, 1);
    must_probe(second.client, 33, 3, 3);
    must_probe(second.server, 11, 1, 1);
    must(option(first.server, IPPROTO_TCP, TCP_USER_TIMEOUT) == 0);
    must(option(second.server, IPPROTO_TCP, TCP_USER_TIMEOUT) == 4000);
    must(option(second.client, IPPROTO_TCP, TCP_USER_TIMEOUT) == 0);

    /* Its own address is only known when it is connected; a listener's, when it accepts. */
    struct sockaddr_in anywhere = {.sin_family = AF_INET},
                       mine = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002)};
    int listener = listen_at(&anywhere, sizeof anywhere, 1), client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in there = address_of(listener);
    there.sin_addr.s_addr = htonl(0x7f000002);
    must(bind(client, (struct sockaddr *)&mine, sizeof mine) == 0);
    must(connect(client, (struct sockaddr *)&there, sizeof there) == 0);
    int server = accept(listener, NULL, NULL);
    must(option(client, IPPROTO_TCP, TCP_USER_TIMEOUT) == 4000);
    must(option(server, IPPROTO_TCP, TCP_USER_TIMEOUT) == 4000);
    must(option(listener, IPPROTO_TCP, TCP_USER_TIMEOUT) == 0);
    return 0;
}
