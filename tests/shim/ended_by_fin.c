// fin: the peer gets its FIN, what is unread can still be read, and no write raises SIGPIPE.
// policy: action=fin grace=100ms unread-grace=100ms interval=20ms [dir=in] action=ignore
// expect: leak cause=data-unread recv_q=4
// expect: action action=fin result=ok cause=data-unread
// everywhere: an action
#include "ended.h"

int main(void)
{
    char text[8];
    struct pair pair = pair_of_sockets();
    must(send(pair.server, "data", 4, 0) == 4 && shutdown(pair.server, SHUT_WR) == 0);
    must(read(pair.server, text, sizeof text) == 0); /* comes when the policy has ended the client's side */
    await_events(2);
    must(write(pair.client, "x", 1) < 0 && errno == EPIPE);
    must(read(pair.client, text, sizeof text) == 4 && memcmp(text, "data", 4) == 0);
    must(read(pair.client, text, sizeof text) == 0);
    return 0;
}
