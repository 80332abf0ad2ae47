/* preadv2(2) and pwritev2(2), which musl has from 1.2.5 on; on a socket they are readv and writev. */
#ifndef VECTORS_H
#define VECTORS_H

#include "sockets.h"

#include <sys/uio.h>

#ifndef __GLIBC__

static inline ssize_t preadv2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
    must(flags == 0);
    return offset == -1 ? readv(fd, parts, count) : preadv(fd, parts, count, offset);
}

static inline ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
    must(flags == 0);
    return offset == -1 ? writev(fd, parts, count) : pwritev(fd, parts, count, offset);
}

static inline ssize_t preadv64v2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
    return preadv2(fd, parts, count, offset, flags);
}

static inline ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
    return pwritev2(fd, parts, count, offset, flags);
}

#endif

#endif
