// One socket under two numbers is ended once, and neither number raises SIGPIPE.
// policy: action=close grace=100ms interval=20ms
// expect: leak cause=eof-unread
// expect: action action=close result=ok
// expect: healed
#include "ended.h"

int main(void)
{
    int client, copy;
    leak_many(&client, 1);
    copy = dup(client);
    await_events(2);
    must(write(client, "x", 1) < 0 && errno == EPIPE);
    must(write(copy, "x", 1) < 0 && errno == EPIPE);
    must(close(client) == 0);
    must(write(copy, "x", 1) < 0 && errno == EPIPE);
    must(close(copy) == 0);
    await_events(3);
    return 0;
}
