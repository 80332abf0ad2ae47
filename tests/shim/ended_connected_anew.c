// A socket that was reset can be connected anew (connect(2)); then it is a connection like any other.
// policy: action=reset grace=100ms interval=20ms
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
    int server = accept(listener, NULL, NULL);
    nap_ms(300);
    must(write(client, "data", 4) == 4 && read(server, text, sizeof text) == 4);
    close(server);
    await_events(4);
    must(read(client, text, 1) < 0 && errno == ECONNRESET);
    return 0;
}
