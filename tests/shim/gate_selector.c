// The gate: all holds but the selectors. Told of, and left alone.
// policy: grace=100ms interval=20ms [port=1] action=close [dir=in] action=fin [cause=idle] action=reset
// expect: leak cause=eof-unread dir=out
#include "ended.h"

int main(void)
{
    int client;
    leak_many(&client, 1);
    await_events(1);
    must(state_of(client) == CLOSE_WAIT);
    return 0;
}
