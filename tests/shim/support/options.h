/* What a socket's options are, in the kernel's own words: asked past the library. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "sockets.h"

#include <netinet/tcp.h>
#include <sys/un.h>

static inline int option(int fd, int level, int name)
{
    int value[4] = {-1, -1, -1, -1};
    socklen_t size = sizeof value;
    must(syscall(SYS_getsockopt, fd, level, name, value, &size) == 0);
    return value[0];
}

static inline int keepalive(int fd)
{
    return option(fd, SOL_SOCKET, SO_KEEPALIVE);
}

static inline void must_probe(int fd, int idle, int interval, int count)
{
    must(keepalive(fd) == 1 && option(fd, IPPROTO_TCP, TCP_KEEPIDLE) == idle);
    must(option(fd, IPPROTO_TCP, TCP_KEEPINTVL) == interval && option(fd, IPPROTO_TCP, TCP_KEEPCNT) == count);
}

static inline int linger_seconds(int fd)
{
    struct linger linger;
    socklen_t size = sizeof linger;
    must(syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_LINGER, &linger, &size) == 0);
    return linger.l_onoff ? linger.l_linger : -1;
}

static inline long timeout_ms(int fd, int name)
{
    struct timeval timeout;
    socklen_t size = sizeof timeout;
    must(syscall(SYS_getsockopt, fd, SOL_SOCKET, name, &timeout, &size) == 0);
    return timeout.tv_sec * 1000 + timeout.tv_usec / 1000;
}

static inline int set(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value);
}

#endif
