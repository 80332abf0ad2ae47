/*
 * The floor: a preloaded library that only forwards, once by a jump and once (-DRETURNS) by a call. What the
 * library is measured against; its table of functions lies as near as the library's own does.
 */
#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#ifdef RETURNS
/* A barrier behind the call keeps it from becoming a jump. */
#define FORWARD(call)                                                                                        \
    __typeof__(call) got = call;                                                                             \
    __asm__ volatile("" ::: "memory");                                                                       \
    return got;
#else
#define FORWARD(call) return call;
#endif

#define CALLS                                                                                                \
    CALL(ssize_t, read, (int fd, void *buffer, size_t size), (fd, buffer, size))                             \
    CALL(ssize_t, recv, (int fd, void *buffer, size_t size, int flags), (fd, buffer, size, flags))           \
    CALL(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags))                \
    CALL(ssize_t, write, (int fd, const void *buffer, size_t size), (fd, buffer, size))                      \
    CALL(ssize_t, send, (int fd, const void *buffer, size_t size, int flags), (fd, buffer, size, flags))     \
    CALL(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))          \
    CALL(int, socket, (int domain, int type, int protocol), (domain, type, protocol))                        \
    CALL(int, connect, (int fd, const struct sockaddr *peer, socklen_t size), (fd, peer, size))              \
    CALL(int, accept, (int fd, struct sockaddr *peer, socklen_t *size), (fd, peer, size))                    \
    CALL(int, accept4, (int fd, struct sockaddr *peer, socklen_t *size, int flags), (fd, peer, size, flags)) \
    CALL(int, close, (int fd), (fd))

#define CALL(returns, name, parameters, arguments) static returns(*next_##name) parameters;
CALLS
#undef CALL

__attribute__((constructor)) static void resolve(void)
{
#define CALL(returns, name, parameters, arguments) *(void **)&next_##name = dlsym(RTLD_NEXT, #name);
    CALLS
#undef CALL
}

#define CALL(returns, name, parameters, arguments)                                                           \
    returns name parameters                                                                                  \
    {                                                                                                        \
        FORWARD(next_##name arguments)                                                                       \
    }
CALLS
