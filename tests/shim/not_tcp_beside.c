// The same while the watcher is at work.
// policy: grace=50ms interval=20ms
// expect: nothing
#include "sockets.h"

int main(void)
{
    int unix_pair[2];
    char text[8];
    pair_of_sockets();
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, unix_pair) == 0);
    close(unix_pair[0]);
    must(read(unix_pair[1], text, sizeof text) == 0);
    must(socket(AF_INET, SOCK_DGRAM, 0) >= 0);
    nap_ms(400);
    return 0;
}
