// A program that has locked itself in makes no call that it did not ask for: its write to what was ended
// before is just that. Naive: asks the kernel in each hook, and the filter kills the program.
// policy: action=fin grace=100ms interval=20ms
// expect: leak cause=eof-unread
// expect: action action=fin result=ok
// rooms: own
#include "ended.h"

#include <signal.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

int main(void)
{
    int client = ended_socket(), told[2];
    char good = 0;
    must(pipe(told) == 0);
    pid_t child = fork();
    must(child >= 0);
    if (child == 0) {
        signal(SIGPIPE, SIG_IGN);
        must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
        good = write(client, "x", 1) < 0 && errno == EPIPE;
        syscall(SYS_write, told[1], &good, 1);
        syscall(SYS_exit, 0);
    }
    close(told[1]);
    must(read(told[0], &good, 1) == 1 && good);
    must(waitpid(child, NULL, 0) == child);
    return 0;
}
