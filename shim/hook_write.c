/*
 * The write family. A write to a connection that is over raises SIGPIPE; one that
 * we have ended must not raise it where, but for us, none would have come. So a glance at
 * the descriptor's byte, and unless we have ended what lies there, a jump.
 *
 * In every function here: no malloc, no lock, no stdio, errno kept. The system calls
 * of our own ask, on an ended number, whether it still holds what we have ended, and is still over.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "hints.h"
#include "life.h"
#include "next.h"
#include "probe.h"

/*
 * The number may have been reused past the hooks. In what may be a sandbox that is not asked, and the
 * call made is the program's own: the other could be one too many.
 */
static bool still_ended(int fd)
{
    return !life_sandboxed() && (uint32_t)probe_cookie(fd) == hints_ended_cookie(fd);
}

/* For calls that take no MSG_NOSIGNAL: it is asked by sending nothing, which sets errno as they would. */
static bool is_over(int fd)
{
    return next.send(fd, "", 0, MSG_NOSIGNAL) < 0;
}

static ssize_t send_vector(int fd, const struct iovec *vector, int count)
{
    struct msghdr message = {.msg_iov = (struct iovec *)vector, .msg_iovlen = (size_t)count};
    return next.sendmsg(fd, &message, MSG_NOSIGNAL);
}

#define HOOK_WRITE(returns, name, parameters, arguments, quietly)                                            \
    static __attribute__((noinline, cold)) returns ended_##name parameters                                   \
    {                                                                                                        \
        if (still_ended(fd))                                                                                 \
            return quietly;                                                                                  \
        return next.name arguments;                                                                          \
    }                                                                                                        \
    HOOK_UNLESS(hints_ended(fd), ended_, returns, name, parameters, arguments)

#include "hooks_not_here.h"

#define HOOK(family, returns, name, parameters, arguments, raw, quietly)                                     \
    HOOK_##family(returns, name, parameters, arguments, quietly)
#include "hooks.def"
