// The same in a program that has forked, so that the watcher may just be reading who else holds its leak.
// policy: grace=1ms interval=20ms
// expect: leak cause=eof-unread dir=out
#include "users.h"

int main(void)
{
    int go[2];
    char byte;
    must(pipe(go) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(go[1]);
        must(read(go[0], &byte, 1) == 0);
        _exit(0);
    }
    close(pair_of_sockets().server);
    nap_ms(500);
    become_nobody();
    must(threads() >= 2);
    nap_ms(500); /* the log may be root's, and not ours to read */
    close(go[1]);
    return status_of(child);
}
