// key=value is a default: what the program sets itself holds, set before or after its connection, piece by
// piece; and what it sets on its listener holds for the connections from there, also where a section knows
// their peer.
// policy: keepalive=60/10/3 nodelay=on linger=5 [peer=127.0.0.0/8] keepalive=30/5/4 nodelay=on
// expect: nothing
#include "options.h"

int main(void)
{
    int listener = listen_on_loopback(), client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in there = address_of(listener);
    must(set(client, IPPROTO_TCP, TCP_KEEPIDLE, 99) == 0 && set(client, IPPROTO_TCP, TCP_NODELAY, 0) == 0);
    must(connect(client, (struct sockaddr *)&there, sizeof there) == 0);
    must_probe(client, 99, 5, 4);
    must(option(client, IPPROTO_TCP, TCP_NODELAY) == 0 && linger_seconds(client) == 5);
    must(setsockopt(client, SOL_SOCKET, SO_LINGER, &(struct linger){0}, sizeof(struct linger)) == 0);
    must(linger_seconds(client) == -1);

    must(set(listener, IPPROTO_TCP, TCP_KEEPCNT, 9) == 0);
    int server = accept(listener, NULL, NULL);
    must(server >= 0);
    int second = connect_to(listener), third = accept(listener, NULL, NULL);
    must(option(third, IPPROTO_TCP, TCP_KEEPCNT) == 9 && option(third, IPPROTO_TCP, TCP_KEEPIDLE) == 30);
    close(client), close(server), close(second), close(third);

    int reused = socket(AF_INET, SOCK_STREAM, 0); /* the number's next socket starts anew */
    must_probe(reused, 60, 10, 3);
    return 0;
}
