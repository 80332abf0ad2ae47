// All that is unread is a TLS goodbye: that is no data, so grace holds and not unread-grace.
// policy: action=close grace=100ms unread-grace=off interval=20ms
// expect: leak cause=eof-unread tls_close_notify
// expect: action action=close result=ok
#include "ended.h"

int main(void)
{
    static const unsigned char alert[24] = {23, 3, 3, 0, 19};
    struct pair pair = pair_of_sockets();
    must(send(pair.server, alert, sizeof alert, MSG_MORE) == sizeof alert && close(pair.server) == 0);
    await_events(2);
    must(state_of(pair.client) == CLOSED);
    return 0;
}
