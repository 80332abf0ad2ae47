/*
 * The socket calls the watcher makes, raw: i386 reaches them since 4.3 without socketcall(2).
 * Answers are values or -errno.
 */
#ifndef WAITCLOSE_SOCKET_CALLS_H
#define WAITCLOSE_SOCKET_CALLS_H

#include "raw.h"

/* SIOCINQ and SIOCOUTQ (tcp(7)), which not every libc's headers have. */
enum { INPUT_QUEUE_REQUEST = 0x541B, OUTPUT_QUEUE_REQUEST = 0x5411 };

static inline long raw_getsockopt(int handle, int level, int option, void *value, int *size)
{
    return raw5(SYS_getsockopt, handle, level, option, (long)value, (long)size);
}

static inline long raw_setsockopt(int handle, int level, int option, const void *value, int size)
{
    return raw5(SYS_setsockopt, handle, level, option, (long)value, size);
}

static inline long raw_getsockname(int handle, void *address, int *size)
{
    return raw3(SYS_getsockname, handle, (long)address, (long)size);
}

static inline long raw_getpeername(int handle, void *address, int *size)
{
    return raw3(SYS_getpeername, handle, (long)address, (long)size);
}

static inline long raw_recvfrom(int handle, void *buffer, size_t size, int flags)
{
    return raw6(SYS_recvfrom, handle, (long)buffer, (long)size, flags, 0, 0);
}

static inline long raw_sendto(int handle, const void *data, size_t size, int flags, const void *to,
                              int to_size)
{
    return raw6(SYS_sendto, handle, (long)data, (long)size, flags, (long)to, to_size);
}

static inline long raw_shutdown(int handle, int how)
{
    return raw2(SYS_shutdown, handle, how);
}

static inline long raw_connect(int handle, const void *to, int to_size)
{
    return raw3(SYS_connect, handle, (long)to, to_size);
}

static inline long raw_socket(int domain, int type, int protocol)
{
    return raw3(SYS_socket, domain, type, protocol);
}

#endif
