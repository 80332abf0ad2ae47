// A program that closes every number, in a loop and by close_range(2), and leaks afterwards. Its list of open
// files shows nothing of ours before, while and after its leak is ended.
// policy: action=close grace=100ms interval=20ms
// expect: leak cause=eof-unread
// expect: action action=close result=ok
#include "ended.h"

#include <dirent.h>

static int listed(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    must(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

int main(void)
{
    int client;
    struct pair first = pair_of_sockets();
    nap_ms(100); /* the watcher is at work */
    for (int number = 3; number < 1024; number++)
        close(number);
    must(syscall(SYS_close_range, 3, ~0u, 0) == 0);
    int before = listed();
    leak_many(&client, 1);
    for (int i = 0; i < 100; i++) {
        must(listed() == before + 1);
        nap_ms(5);
    }
    await_events(2);
    must(state_of(client) == CLOSED && client == first.client);
    return 0;
}
