// The fortified twins of read, recv and recvfrom are the same calls by other names. Naive: they are not
// hooked, so the end was never seen.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-ignored dir=out rx=4 reader=~^fortified_reads.0x
// expect: leak cause=eof-ignored dir=out rx=4 reader=~^fortified_reads.0x
// expect: leak cause=eof-ignored dir=out rx=4 reader=~^fortified_reads.0x
// everywhere: names of calls
#undef _FORTIFY_SOURCE
#define _FORTIFY_SOURCE 2
#include "sockets.h"

/* gcc calls the twin where it knows the buffer's size and not the length. */
static size_t length(void)
{
    volatile size_t four = 4;
    return four;
}

static int client_with_body(void)
{
    struct pair pair = pair_of_sockets();
    send_and_close(pair.server, "body");
    await_end(pair.client);
    return pair.client;
}

int main(void)
{
    char text[8];
    int first = client_with_body(), second = client_with_body(), third = client_with_body();
    must(read(first, text, length()) == 4 && read(first, text, length()) == 0);
    must(recv(second, text, length(), 0) == 4 && recv(second, text, length(), 0) == 0);
    must(recvfrom(third, text, length(), 0, NULL, NULL) == 4);
    must(recvfrom(third, text, length(), 0, NULL, NULL) == 0);
    await_events(3);
    return 0;
}
