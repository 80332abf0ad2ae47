// The same after a first report: what is known stays known, and the log goes on, though nobody may open it
// any more.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out site
// expect: leak cause=eof-unread dir=in site
// expect: healed cause=eof-unread dir=out
// expect: summary leaks=2 healed=1
#include "users.h"

int main(void)
{
    struct pair outgoing = pair_of_sockets(), incoming = pair_of_sockets();
    close(outgoing.server);
    await_events(1);
    become_nobody();
    close(incoming.client);
    nap_ms(500); /* the log is not ours to read */
    close(outgoing.client);
    return 0;
}
