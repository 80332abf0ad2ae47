// What was ended and is connected anew leaks anew, though its peer is gone before the watcher has looked.
// policy: action=reset grace=100ms interval=300ms
// expect: leak cause=eof-unread
// expect: action action=reset result=ok
// expect: leak cause=eof-unread
// expect: action action=reset result=ok
#include "ended.h"

int main(void)
{
    char text[8];
    int client = ended_socket(), listener = listen_on_loopback();
    struct sockaddr_in there = address_of(listener);
    must(read(client, text, 1) < 0 && errno == ECONNRESET);
    must(connect(client, (struct sockaddr *)&there, sizeof there) == 0);
    close(accept(listener, NULL, NULL));
    await_events(4);
    must(read(client, text, 1) < 0 && errno == ECONNRESET);
    return 0;
}
