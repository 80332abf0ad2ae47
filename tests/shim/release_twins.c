// One socket under two numbers: both are given back.
// policy: action=close grace=100ms interval=20ms release=1ms
// expect: leak cause=eof-unread
// expect: action action=close result=ok
// expect: 2 action action=release result=ok
#include "ended.h"

int main(void)
{
    int client, copy;
    leak_many(&client, 1);
    copy = dup(client);
    await_events(2);
    for (int waited = 0; waited < 20; waited++) {
        nap_ms(50);
        close(socket(AF_INET, SOCK_STREAM, 0));
    }
    must(fcntl(client, F_GETFD) < 0 && fcntl(copy, F_GETFD) < 0);
    await_events(4);
    return 0;
}
