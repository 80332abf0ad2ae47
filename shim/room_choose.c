#include "waitclose/room.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "raw.h"

/* What a trial found out, in memory that it shares with whoever asked. */
struct trial {
    volatile long lend; /* pidfd_getfd's answer for a descriptor that is none: EBADF when it may be used */
    volatile long open;
    volatile long close; /* close_range's */
    volatile long epoll;
};

enum { NOT_REACHED = -1000, TRIAL_STACK = 4096 };

/* Runs without libc: it may be in a process of its own that shares our memory. Opens nothing. */
static int try_calls(void *argument)
{
    struct trial *trial = argument;
    trial->close = raw3(RAW_close_range, ~0u, ~0u, 0);
    trial->open = raw2(RAW_pidfd_open, -1, 0);
    trial->lend = raw3(RAW_pidfd_getfd, -1, 0, 0);
    trial->epoll = raw1(SYS_epoll_create1, -1);
    return 0;
}

/*
 * A seccomp filter may answer a call that it does not know with a kill. So under
 * a filter the calls are tried by a child that nobody will miss: it shares the
 * memory (CLONE_VFORK waits until it is done or dead) and, sending no signal at its end, is
 * seen by no wait(2) of the program.
 */
static void try_in_child(struct trial *trial)
{
    alignas(16) char stack[TRIAL_STACK];
    sigset_t all, before;
    int status, saved_errno = errno;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    int child = clone(try_calls, stack + sizeof stack, CLONE_VM | CLONE_VFORK, trial);
    if (child > 0)
        while (raw4(SYS_wait4, child, (long)&status, __WCLONE, 0) == -EINTR)
            ;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = saved_errno;
}

static struct room_choice shared(const char *why)
{
    return (struct room_choice){ROOM_SHARED, why};
}

struct room_choice room_choose(void)
{
    struct trial trial = {NOT_REACHED, NOT_REACHED, NOT_REACHED, NOT_REACHED};
    bool filtered = raw5(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0) != 0;
    if (filtered)
        try_in_child(&trial);
    else
        try_calls(&trial);
    if (trial.lend == -ENOSYS || trial.open == -ENOSYS)
        return shared("this kernel has no pidfd_getfd (Linux 5.6), so sockets cannot be borrowed");
    if (trial.lend == -EPERM || trial.lend == -EACCES || trial.open == -EPERM)
        return shared("a seccomp filter denies pidfd_getfd, so sockets cannot be borrowed");
    if (trial.lend != -EBADF || trial.epoll != -EINVAL || (trial.close != 0 && trial.close != -ENOSYS))
        return shared("a seccomp filter is in force that does not let the watcher have a table of its own");
    return (struct room_choice){ROOM_OWN, filtered
                                              ? "a seccomp filter is in force, but it lets pidfd_getfd pass"
                                              : "the kernel lends sockets (pidfd_getfd)"};
}
