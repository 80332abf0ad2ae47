// The number of a socket that was ended is not given back once the program has connected it anew.
// policy: action=close grace=100ms interval=100ms release=1ms
// expect: leak cause=eof-unread
// expect: action action=close result=ok
#include "ended.h"

int main(void)
{
    char text[8];
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    int client, listener = listen_on_loopback();
    struct sockaddr_in there = address_of(listener);
    leak_many(&client, 1);
    await_events(2);
    nap_ms(300); /* it has been asked for by now */
    must(connect(client, &nobody, sizeof nobody) == 0);
    must(connect(client, (struct sockaddr *)&there, sizeof there) == 0);
    int server = accept(listener, NULL, NULL);
    must(write(client, "data", 4) == 4 && read(server, text, sizeof text) == 4);
    nap_ms(300);
    struct pair other = pair_at(listener);
    must(write(client, "data", 4) == 4 && read(server, text, sizeof text) == 4);
    close(client);
    close(server);
    close(other.client);
    close(other.server);
    return 0;
}
