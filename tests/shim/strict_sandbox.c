// A program that has locked itself in with read, write and exit alone (seccomp(2), strict mode) goes on
// unharmed, and is watched from outside of its sandbox.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread
// exit: 7
// rooms: own
#include "sockets.h"

#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>

int main(void)
{
    struct pair pair = pair_of_sockets();
    int told[2];
    char byte;
    must(pipe(told) == 0 && close(pair.server) == 0);
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); /* without a watcher of its own */
    if (child == 0) {
        await_events(1);
        must(write(told[1], "x", 1) == 1);
        syscall(SYS_exit_group, 0);
    }
    must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
    must(read(told[0], &byte, 1) == 1);
    syscall(SYS_exit, 7);
}
