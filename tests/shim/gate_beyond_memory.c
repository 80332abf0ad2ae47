// Numbers of which we have no memory are not ended: a write there could not be kept from raising SIGPIPE.
// policy: action=close grace=100ms interval=20ms
// expect: leak cause=eof-unread
// rooms: own
#include "ended.h"
#include "little_memory.h"

int main(int count, char **arguments)
{
    live_on_little_memory(count, arguments);
    int client;
    leak_many(&client, 1);
    must(dup2(client, FAR) == FAR && close(client) == 0);
    await_events(1);
    nap_ms(300);
    must(state_of(FAR) == CLOSE_WAIT);
    return 0;
}
