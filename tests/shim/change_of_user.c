// After the program has given up its rights the watcher must have none either, and still be at work. Naive:
// its thread keeps root's rights where libc does not know it, and can write its log no more where it does.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out site
// expect: leak cause=eof-unread dir=in site
// everywhere: libc's threads
#include "users.h"

int main(void)
{
    struct pair outgoing = pair_of_sockets(), incoming = pair_of_sockets();
    nap_ms(60);
    must(threads() >= 2);
    become_nobody();
    must(threads() >= 2);
    close(outgoing.server);
    close(incoming.client);
    nap_ms(500); /* the log may be root's, and not ours to read */
    return 0;
}
