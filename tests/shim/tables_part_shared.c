// The same where the watcher has to stand in the program's table: in one of two it may not, so it is gone.
// policy: grace=300ms interval=20ms
// expect: nothing
// rooms: shared
#include "tables.h"

int main(void)
{
    struct pair alive = pair_of_sockets(), leaked = pair_of_sockets();
    close(leaked.server);
    works_under_the_same_numbers();
    ends_with_its_copies();
    must(write(alive.server, "x", 1) == 1);
    must_get_its_end(alive);
    nap_ms(500);
    return 0;
}
