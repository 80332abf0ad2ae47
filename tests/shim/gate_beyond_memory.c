// Numbers of which we have no memory are not ended: a write there could not be kept from raising SIGPIPE.
// policy: action=close grace=100ms interval=20ms
// expect: leak cause=eof-unread
// rooms: own
#include "ended.h"

#include <sys/resource.h>

enum { MEMORY = 40 << 20, FAR = 15000 }; /* a part of which is for 10240 numbers */

int main(int count, char **arguments)
{
    struct rlimit memory = {MEMORY, RLIM_INFINITY}, numbers;
    if (count == 1) {
        must(setrlimit(RLIMIT_DATA, &memory) == 0);
        execl(arguments[0], arguments[0], "again", NULL);
        return 1;
    }
    must(getrlimit(RLIMIT_NOFILE, &numbers) == 0);
    numbers.rlim_cur = numbers.rlim_max;
    must(setrlimit(RLIMIT_NOFILE, &numbers) == 0);
    int client;
    leak_many(&client, 1);
    must(dup2(client, FAR) == FAR && close(client) == 0);
    await_events(1);
    nap_ms(300);
    must(state_of(FAR) == CLOSE_WAIT);
    return 0;
}
