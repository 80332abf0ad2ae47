// A program that was executed by a descriptor (fexecve(3)) has the name of its file, not of the descriptor.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread exe=exec_by_descriptor site=~^exec_by_descriptor\+0x
#include "sockets.h"

int main(int count, char **arguments)
{
    if (count == 1) {
        char *again[] = {arguments[0], "again", NULL};
        fexecve(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), again, environ);
        must(false);
    }
    struct pair pair = pair_of_sockets();
    close(pair.client);
    await_end(pair.server);
    await_events(1);
    return 0;
}
