// The program closes an ended socket before its number is given back: then there is nothing to give back, and
// what it opens there next is its own.
// policy: action=close grace=100ms interval=20ms release=0
// expect: leak cause=eof-unread
// expect: action action=close result=ok
// expect: healed
#include "ended.h"

int main(void)
{
    int client, files[2];
    leak_many(&client, 1);
    while (state_of(client) != CLOSED)
        nap_ms(1);
    nap_ms(100); /* settle.c has been asked by now */
    must(syscall(SYS_close, client) == 0);
    must(pipe(files) == 0 && files[1] == client);
    must(close(socket(AF_INET, SOCK_STREAM, 0)) == 0);
    must(write(client, "x", 1) == 1);
    await_events(3);
    must(fcntl(client, F_GETFD) >= 0);
    return 0;
}
