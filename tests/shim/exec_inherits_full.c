// A socket that is inherited through exec in a table of 512 without a gap: there select(2) has nothing to
// object.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread fd=511 !site
#include "sockets.h"

#include <sys/syscall.h>

enum { SERVER = 510, CLIENT };

int main(int count, char **arguments)
{
    if (count == 1) {
        int idle[2];
        struct pair pair = pair_of_sockets();
        must(dup2(pair.client, CLIENT) == CLIENT && dup2(pair.server, SERVER) == SERVER && pipe(idle) == 0);
        for (int number = 3; number < SERVER; number++)
            must(number == idle[0] || number == idle[1] || dup2(idle[0], number) == number);
        execl("/proc/self/exe", arguments[0], "511", NULL);
    }
    must(count == 2 && syscall(SYS_close, SERVER) == 0);
    await_events(1);
    return 0;
}
