// limit=N: said once when so many leak at once, and once more after there were fewer.
// policy: limit=3 grace=100ms interval=20ms
// expect: 5 leak
// expect: limit leaks=3 limit=3 signal=none
// expect: 2 healed
// expect: limit leaks=3 limit=3 signal=none
#include "ended.h"

int main(void)
{
    int clients[5];
    leak_many(clients, 2);
    await_events(2);
    leak_many(clients + 2, 1);
    await_events(4);
    must(close(clients[0]) == 0 && close(clients[1]) == 0);
    await_events(6);
    leak_many(clients + 3, 2);
    await_events(9);
    return 0;
}
