/*
 * deny LIBRARY PROGRAM [ARGUMENT...]: preloads the library into a program that may not use pidfd_getfd(2), as
 * under Docker's default seccomp profile, so that the watcher has to share the program's descriptor table.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { PIDFD_GETFD = 438 }; /* on every architecture */

static int refuse(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PIDFD_GETFD, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof rules / sizeof *rules, rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

int main(int count, char **arguments)
{
    if (count < 3 || refuse() < 0 || setenv("LD_PRELOAD", arguments[1], 1) < 0) {
        perror("deny");
        return 125;
    }
    execvp(arguments[2], arguments + 2);
    perror(arguments[2]);
    return 127;
}
