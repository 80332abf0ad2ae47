// What the kernel refuses it still refuses: a hook that looked at these arguments itself would crash. Naive:
// counts the bytes of a vector before the kernel has refused it.
// policy: grace=1h
// expect: nothing
// everywhere: what libc does before the system call
#include "sockets.h"

#include <sys/uio.h>

int main(void)
{
    void *volatile bad = (void *)8, *volatile nothing = NULL;
    volatile int less = -1;
    int local[2];
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, local) == 0);
#ifdef __GLIBC__ /* musl looks at a message's header before the kernel does, and ends the program itself */
    must(recvmsg(socket(AF_UNIX, SOCK_DGRAM, 0), bad, MSG_DONTWAIT) == -1); /* before any TCP socket */
#endif
    struct pair pair = pair_of_sockets();
    must(readv(pair.client, bad, 1) == -1 && errno == EFAULT);
    must(readv(pair.client, nothing, less) == -1 && errno == EINVAL);
    must(recvmmsg(pair.client, nothing, 0, 0, NULL) == 0);
#ifdef __GLIBC__
    must(recvmsg(pair.client, bad, 0) == -1 && errno == EFAULT);
    must(recvmsg(pair.client, nothing, 0) == -1 && errno == EFAULT);
    must(recvmmsg(pair.client, bad, 1, MSG_DONTWAIT, NULL) == -1);
    must(recvmsg(local[0], bad, MSG_DONTWAIT) == -1);
#endif
    return 0;
}
