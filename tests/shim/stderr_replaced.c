// Once stderr is another file, our lines must not go into it. Naive: writes to number 2 whatever has become
// of it.
// policy: grace=100ms interval=20ms log=stderr
// expect: nothing
#include "sockets.h"

int main(void)
{
    char name[] = "stderr.XXXXXX";
    int file = mkstemp(name);
    must(file >= 0 && unlink(name) == 0);
    must(dup2(file, 2) == 2);
    close(pair_of_sockets().server);
    nap_ms(500);
    must(lseek(file, 0, SEEK_END) == 0);
    return 0;
}
