// close: the peer gets its FIN, and what was never read takes no memory any more.
// policy: action=close grace=100ms unread-grace=100ms interval=20ms [dir=in] action=ignore
// expect: leak cause=data-unread recv_q=4
// expect: action action=close result=ok cause=data-unread
// everywhere: an action
#include "ended.h"

#include <sys/ioctl.h>

int main(void)
{
    char text[8];
    int unread = -1;
    struct pair pair = pair_of_sockets();
    must(send(pair.server, "data", 4, 0) == 4 && shutdown(pair.server, SHUT_WR) == 0);
    must(read(pair.server, text, sizeof text) == 0);
    await_events(2);
    must(ioctl(pair.client, FIONREAD, &unread) == 0 && unread == 0);
    must(read(pair.client, text, sizeof text) == 0);
    return 0;
}
