#include "waitclose/room.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "raw.h"

/* What a trial found out: the calls' answers, for arguments with which they do nothing. */
struct trial {
    long lend;  /* pidfd_getfd's: EBADF when it may be used */
    long open;  /* pidfd_open's */
    long close; /* close_range's */
    long epoll;
};

static void try_calls(struct trial *trial)
{
    trial->close = raw3(RAW_close_range, ~0u, ~0u, 0);
    trial->open = raw2(RAW_pidfd_open, -1, 0);
    trial->lend = raw3(RAW_pidfd_getfd, -1, 0, 0);
    trial->epoll = raw1(SYS_epoll_create1, -1);
}

/*
 * A seccomp filter may answer a call that it does not know with a kill. So under a
 * filter the calls are tried first by a child that nobody will miss: a process of its
 * own in all, for a kill may take along whoever shares its memory (coredump, before Linux
 * 5.16); without a core of its own; and, sending no signal at its end, seen by no wait(2) of the program.
 */
static bool child_survives(void)
{
    struct trial trial;
    int status = -1;
    long child = raw5(SYS_clone, 0, 0, 0, 0, 0);
    if (child == 0) {
        raw5(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
        try_calls(&trial);
        for (;;)
            raw1(SYS_exit_group, 0);
    }
    if (raw_failed(child))
        return false;
    while (raw4(SYS_wait4, child, (long)&status, __WCLONE, 0) == -EINTR)
        ;
    return status == 0;
}

static struct room_choice shared(const char *why)
{
    return (struct room_choice){ROOM_SHARED, why};
}

struct room_choice room_choose(void)
{
    struct trial trial;
    bool filtered = raw5(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0) != 0;
    if (filtered && !child_survives())
        return shared("a seccomp filter kills whoever borrows a descriptor (pidfd_getfd)");
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
