// backlog=N is what listen() asks for, whatever the program wants.
// policy: backlog=3 [dir=in local=127.0.0.2] backlog=7
// expect: nothing
#include "options.h"

static unsigned backlog_of(uint32_t address)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    struct tcp_info info;
    socklen_t size = sizeof info;
    int listener = listen_at(&here, sizeof here, 100);
    must(getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
    return info.tcpi_sacked; /* of a listener: its accept queue's limit (tcp_get_info) */
}

int main(void)
{
    must(backlog_of(0x7f000001) == 3 && backlog_of(0x7f000002) == 7);
    return 0;
}
