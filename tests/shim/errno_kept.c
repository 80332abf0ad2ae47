// The library in between changes no errno: not libc's answer, and nothing where a call succeeds. Naive: what
// it asks the kernel after the call sets its own.
// policy: grace=1m interval=20ms
// expect: nothing
// everywhere: errno
#include "sockets.h"

int main(void)
{
    char text[8];
    errno = 4711;
    struct pair pair = pair_of_sockets();
    must(write(pair.server, "x", 1) == 1 && read(pair.client, text, 1) == 1);
    must(read(open("/dev/zero", O_RDONLY), text, 1) == 1);
    must(errno == 4711);
    must(recv(pair.client, text, sizeof text, MSG_DONTWAIT) < 0 && errno == EAGAIN);
    must(read(-1, text, sizeof text) < 0 && errno == EBADF);
    must(close(-1) < 0 && errno == EBADF);
    must(read(1 << 30, text, sizeof text) < 0 && errno == EBADF);
    must(shutdown(0, SHUT_WR) < 0 && errno == ENOTSOCK);
    must(socket(AF_INET, 77, 0) < 0 && errno == EINVAL);
    must(accept(pair.client, NULL, NULL) < 0 && errno == EINVAL);
    must(connect(pair.client, NULL, 0) < 0 && errno == EINVAL);
    must(setuid(getuid()) == 0 && errno == EINVAL);
    return 0;
}
