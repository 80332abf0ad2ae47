// An end takes no descriptor: every number is taken, and the same are open before and after.
// policy: action=close grace=100ms interval=20ms
// expect: leak cause=eof-unread
// expect: action action=close result=ok
#include "ended.h"

#include <sys/resource.h>

static int open_numbers(void)
{
    int count = 0;
    for (int number = 0; number < 64; number++)
        count += fcntl(number, F_GETFD) >= 0;
    return count;
}

int main(void)
{
    int client;
    struct rlimit limit = {64, 64};
    leak_many(&client, 1);
    must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    while (dup(0) >= 0)
        ;
    must(errno == EMFILE && open_numbers() == 64);
    nap_ms(500);
    must(open_numbers() == 64);
    must(state_of(client) == CLOSED);
    close(63); /* the log's reader needs one */
    await_events(2);
    return 0;
}
