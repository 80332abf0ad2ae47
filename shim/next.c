#include "next.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "raw.h"

/* The calls whose plain numbers take 16-bit ids on i386. */
#ifdef SYS_setuid32
#define SYS_32(name) SYS_##name##32
#else
#define SYS_32(name) SYS_##name
#endif

/* The call whose plain number takes a 32-bit offset there. */
#ifdef SYS_sendfile64
#define SYS_64(name) SYS_##name##64
#else
#define SYS_64(name) SYS_##name
#endif

/* Offsets go to the kernel in two longs (preadv2(2)), of which the second counts for nothing where one is
 * enough. */
#define HIGH_HALF(offset) (long)((int64_t)(offset) >> 32)

/* The kernel has no use for what only libc checks, such as the fortified twins' room. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

/* syscall(2) itself, before it is known. */
static long answer_with_errno(long answer)
{
    if (!raw_failed(answer))
        return answer;
    errno = (int)-answer;
    return -1;
}

/* dup2(2), which not every architecture has. */
static int dup_onto(int fd, int number)
{
    if (fd == number)
        return syscall(SYS_fcntl, fd, F_GETFD) < 0 ? -1 : number;
    return (int)syscall(SYS_dup3, fd, number, 0);
}

#define HOOK(family, returns, name, parameters, arguments, raw, more)                                        \
    static returns raw_##name parameters                                                                     \
    {                                                                                                        \
        return raw;                                                                                          \
    }
#include "hooks.def"
#undef HOOK

struct next next = {
#define HOOK(family, returns, name, parameters, arguments, raw, more) .name = raw_##name,
#include "hooks.def"
#undef HOOK
};

/*
 * A libc that lacks one of them (musl has no fortified twins) is asked by nobody for it: the bare
 * call stays.
 */
static void resolve(void **place, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found)
        *place = found;
}

void next_resolve(void)
{
#define HOOK(family, returns, name, parameters, arguments, raw, more) resolve((void **)&next.name, #name);
#include "hooks.def"
#undef HOOK
}
