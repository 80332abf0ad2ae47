// limit=: what the policy has ended leaks no more, so it does not count.
// policy: limit=3:abort action=close grace=100ms interval=20ms
// expect: 10 leak
// expect: 10 action action=close result=ok
#include "ended.h"

int main(void)
{
    int clients[10];
    for (int i = 0; i < 10; i++) {
        leak_many(clients + i, 1);
        await_events(2 * i + 2);
    }
    return 0;
}
