/*
 * The read family. A glance at the descriptor's byte, and unless it is a tracked
 * TCP socket, a jump: what costs is not the way into a hook but the way back through it.
 * For a tracked socket a note of who reads; afterwards nothing, when data came.
 *
 * In every function here: no malloc, no lock, no stdio, no system call of our own,
 * errno kept, nothing held across the real call (it is a cancellation point).
 */
#include <errno.h>
#include <string.h>

#include "hints.h"
#include "life.h"
#include "next.h"
#include "probe.h"

static bool vector_asks(const struct iovec *vector, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (vector[i].iov_len)
            return true;
    return false;
}

static bool message_asks(const struct msghdr *message, int flags)
{
    return !(flags & MSG_ERRQUEUE) && vector_asks(message->msg_iov, message->msg_iovlen);
}

/*
 * An errno after which the connection is gone; the others (EAGAIN, EINTR, EFAULT, EINVAL, ENOMEM,
 * ...) leave it as it was.
 */
static bool for_good(int error)
{
    switch (error) {
    case ECONNRESET:
    case ECONNABORTED:
    case ECONNREFUSED:
    case ENETRESET:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ETIMEDOUT:
    case EPIPE:
    case EPROTO:
    case ESHUTDOWN:
        return true;
    default:
        return false;
    }
}

/* A tracked socket's read brought no data, though some was asked for. */
static __attribute__((noinline, cold)) ssize_t no_data(int fd, ssize_t got)
{
    if (got == 0)
        hints_told_eof(fd);
    else if (for_good(errno))
        hints_told(fd, HINT_TOLD_ERROR);
    life_needed();
    return got;
}

/* Of a call that asks for nothing a 0 tells nothing. */
#define HOOK_READ(returns, name, parameters, arguments, asked)                                               \
    static __attribute__((noinline)) returns tracked_##name parameters                                       \
    {                                                                                                        \
        hints_reader(fd, CALLER);                                                                            \
        if (__builtin_expect(!(asked), 0))                                                                   \
            return next.name arguments;                                                                      \
        returns got = next.name arguments;                                                                   \
        if (__builtin_expect(got > 0, 1))                                                                    \
            return got;                                                                                      \
        return no_data(fd, got);                                                                             \
    }                                                                                                        \
    HOOK_UNLESS(hints_tracked(fd), tracked_, returns, name, parameters, arguments)

/* What a vector asks for is looked at afterwards: the kernel has found by then that it may be. */
#define TRACKED_VECTOR(returns, name, parameters, arguments, asked)                                          \
    static __attribute__((noinline)) returns tracked_##name parameters                                       \
    {                                                                                                        \
        hints_reader(fd, CALLER);                                                                            \
        returns got = next.name arguments;                                                                   \
        if (__builtin_expect(got > 0, 1) || (got == 0 && !(asked)))                                          \
            return got;                                                                                      \
        return no_data(fd, got);                                                                             \
    }

#define HOOK_READ_VECTOR(returns, name, parameters, arguments, asked)                                        \
    TRACKED_VECTOR(returns, name, parameters, arguments, asked)                                              \
    HOOK_UNLESS(hints_tracked(fd), tracked_, returns, name, parameters, arguments)

/* recvmmsg(2) counts messages: at the end of a stream it returns them, empty. */
#define HOOK_READ_MANY(returns, name, parameters, arguments, asked)                                          \
    static __attribute__((noinline)) returns tracked_##name parameters                                       \
    {                                                                                                        \
        hints_reader(fd, CALLER);                                                                            \
        returns got = next.name arguments;                                                                   \
        if (got < 0 || (got > 0 && messages[0].msg_len == 0 && (asked)))                                     \
            no_data(fd, got < 0 ? got : 0);                                                                  \
        return got;                                                                                          \
    }                                                                                                        \
    HOOK_UNLESS(hints_tracked(fd), tracked_, returns, name, parameters, arguments)

/*
 * A process may get its only TCP sockets in messages, and never make another call
 * that tells: so while there is no watcher, what a message brings is looked at. This
 * costs a system call for each descriptor received; in what may be a sandbox, none is made.
 */
static inline bool may_bring_sockets(void)
{
    return life_idle() && !life_sandboxed();
}

static void look_at_received(struct msghdr *message)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t at = CMSG_LEN(0); at + sizeof(int) <= part->cmsg_len; at += sizeof(int)) {
            int fd;
            memcpy(&fd, (const char *)part + at, sizeof fd);
            if (probe_is_tcp(fd))
                life_start();
        }
    }
}

#define HOOK_READ_MESSAGE(returns, name, parameters, arguments, asked)                                       \
    static __attribute__((noinline)) returns receiving_##name parameters                                     \
    {                                                                                                        \
        returns got = next.name arguments;                                                                   \
        if (got >= 0)                                                                                        \
            look_at_received(message);                                                                       \
        return got;                                                                                          \
    }                                                                                                        \
    TRACKED_VECTOR(returns, name, parameters, arguments, asked)                                              \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        if (__builtin_expect(hints_tracked(fd), 0))                                                          \
            return tracked_##name arguments;                                                                 \
        if (__builtin_expect(may_bring_sockets(), 0))                                                        \
            return receiving_##name arguments;                                                               \
        return next.name arguments;                                                                          \
    }

#include "hooks_not_here.h"

#define HOOK(family, returns, name, parameters, arguments, raw, asked)                                       \
    HOOK_##family(returns, name, parameters, arguments, asked)
#include "hooks.def"
