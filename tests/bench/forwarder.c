/*
 * The floor: a preloaded library that only forwards, once by a jump and once by a call. What the
 * shim is measured against.
 */
#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static ssize_t (*next_read)(int, void *, size_t);
static ssize_t (*next_recv)(int, void *, size_t, int);

__attribute__((constructor)) static void resolve(void)
{
    *(void **)&next_read = dlsym(RTLD_NEXT, "read");
    *(void **)&next_recv = dlsym(RTLD_NEXT, "recv");
}

#ifdef RETURNS
/* A barrier behind the call keeps it from becoming a jump. */
#define FORWARD(call)                                                                                        \
    ssize_t got = call;                                                                                      \
    __asm__ volatile("" ::: "memory");                                                                       \
    return got;
#else
#define FORWARD(call) return call;
#endif

ssize_t read(int fd, void *buffer, size_t size){FORWARD(next_read(fd, buffer, size))}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
    FORWARD(next_recv(fd, buffer, size, flags))
}
