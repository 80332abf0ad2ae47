// UDP, Unix sockets, pipes and files are none of our business, nor what their reads return.
// policy: grace=50ms idle=50ms interval=20ms summary=on
// expect: summary sockets=0 leaks=0
// everywhere: what is no leak
#include "sockets.h"

int main(void)
{
    char text[8];
    int unix_pair[2], ends[2];
    struct sockaddr_in here = loopback();
    socklen_t size = sizeof here;
    int udp = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(udp >= 0 && sender >= 0 && bind(udp, (struct sockaddr *)&here, sizeof here) == 0);
    must(getsockname(udp, (struct sockaddr *)&here, &size) == 0);
    must(connect(udp, (struct sockaddr *)&here, size) == 0);
    must(send(udp, "", 0, 0) == 0 && recv(udp, text, sizeof text, 0) == 0);
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, unix_pair) == 0 && pipe(ends) == 0);
    close(unix_pair[0]);
    close(ends[1]);
    must(read(unix_pair[1], text, sizeof text) == 0 && read(ends[0], text, sizeof text) == 0);
    nap_ms(300);
    return 0;
}
