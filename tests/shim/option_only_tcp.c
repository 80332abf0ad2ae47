// No other kind of socket gets any: each is as the kernel makes it.
// policy: keepalive=60/10/3 linger=7 reuseaddr=on recv-timeout=1s send-timeout=1s
// expect: nothing
// everywhere: layout of options
#include "options.h"

static void must_be_bare(int domain, int type, int protocol)
{
    int fd = socket(domain, type, protocol), bare = (int)syscall(SYS_socket, domain, type, protocol);
    if (fd < 0) /* the kernel has no such protocol, or we no right to it */
        return;
    must(keepalive(fd) == 0 && linger_seconds(fd) == -1);
    must(timeout_ms(fd, SO_RCVTIMEO) == 0 && timeout_ms(fd, SO_SNDTIMEO) == 0);
    must(option(fd, SOL_SOCKET, SO_REUSEADDR) == option(bare, SOL_SOCKET, SO_REUSEADDR)); /* 1 for SOCK_RAW */
    close(fd);
    close(bare);
}

int main(void)
{
    int ends[2];
    must_be_bare(AF_INET, SOCK_DGRAM, 0);
    must_be_bare(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must_be_bare(AF_UNIX, SOCK_STREAM, 0);
    must_be_bare(AF_UNIX, SOCK_SEQPACKET, 0);
    must_be_bare(AF_NETLINK, SOCK_RAW, 0);
    must_be_bare(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    must_be_bare(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    must_be_bare(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP);
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    must(keepalive(ends[0]) == 0 && timeout_ms(ends[1], SO_RCVTIMEO) == 0);
    return 0;
}
