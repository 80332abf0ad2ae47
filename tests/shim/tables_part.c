// Threads with a descriptor table of their own: one empties it, and works under the same numbers; another
// ends with its copies. The main thread's sockets stay what they are, no leak is false, and its peer gets its
// FIN. Naive: the one's reads and closes are taken for the main thread's; a watcher that was started by the
// other keeps its table, and every connection in it, open for good.
// policy: grace=300ms interval=20ms
// expect: leak dir=out state=CLOSE_WAIT
// rooms: own
#include "tables.h"

int main(void)
{
    struct pair alive = pair_of_sockets(), leaked = pair_of_sockets();
    close(leaked.server);
    works_under_the_same_numbers();
    ends_with_its_copies();
    must(write(alive.server, "x", 1) == 1);
    must_get_its_end(alive);
    await_events(1);
    must(fcntl(leaked.client, F_GETFD) >= 0);
    return 0;
}
