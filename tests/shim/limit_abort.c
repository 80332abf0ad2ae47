// limit=N:abort: said, and then SIGABRT.
// policy: limit=1:abort grace=100ms interval=20ms
// expect: leak
// expect: limit leaks=1 limit=1 signal=SIGABRT
// exit: -6
// everywhere: exit handlers
#include "ended.h"

#include <sys/resource.h>

int main(void)
{
    int client;
    must(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) == 0);
    leak_many(&client, 1);
    await_events(100);
    return 0;
}
