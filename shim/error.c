#include "error.h"

#include <errno.h>
#include <stddef.h>

/* What the calls of act.c, others.c and settle.c may answer. */
static const struct {
    int number;
    const char *name;
} names[] = {
    {0, "ok"},
    {EACCES, "EACCES"},
    {EAGAIN, "EAGAIN"},
    {EBADF, "EBADF"},
    {EBUSY, "EBUSY"},
    {ECONNRESET, "ECONNRESET"},
    {EINTR, "EINTR"},
    {EDOM, "EDOM"},
    {EINVAL, "EINVAL"},
    {EIO, "EIO"},
    {EMFILE, "EMFILE"},
    {EMSGSIZE, "EMSGSIZE"},
    {ENFILE, "ENFILE"},
    {ENOBUFS, "ENOBUFS"},
    {ENOENT, "ENOENT"},
    {ENOMEM, "ENOMEM"},
    {ENOSYS, "ENOSYS"},
    {ENOTCONN, "ENOTCONN"},
    {ENOPROTOOPT, "ENOPROTOOPT"},
    {ENOTSOCK, "ENOTSOCK"},
    {EOPNOTSUPP, "EOPNOTSUPP"},
    {EPERM, "EPERM"},
    {EPIPE, "EPIPE"},
    {ESRCH, "ESRCH"},
};

const char *error_name(long result)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == -result)
            return names[i].name;
    return "error";
}
