#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

enum { TRIES = 4 };

bool memory_read(pid_t thread, uintptr_t address, void *to, size_t size)
{
    struct iovec local = {to, size}, remote = {(void *)address, size};
    ssize_t length = process_vm_readv(thread, &local, 1, &remote, 1, 0);
    if (length >= 0 && (size_t)length < size)
        errno = EFAULT; /* it ends before what is not mapped */
    return length >= 0 && (size_t)length == size;
}

bool memory_read_steady(pid_t thread, uintptr_t address, void *to, size_t size)
{
    void *again = malloc(size);
    bool same = false;

    for (int i = 0; again && !same && i < TRIES; i++) {
        if (!memory_read(thread, address, to, size) || !memory_read(thread, address, again, size))
            break;
        same = memcmp(to, again, size) == 0;
        errno = EAGAIN;
    }
    free(again);
    return same;
}
