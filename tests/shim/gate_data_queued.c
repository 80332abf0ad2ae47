// The gate: all holds but that bytes wait for a half-closed peer that does not read just now. They arrive.
// policy: action=close grace=100ms interval=20ms
// expect: nothing
#include "ended.h"

int main(void)
{
    static char data[1 << 16];
    struct pair pair = pair_of_sockets();
    ssize_t sent, got = 0, size, total = 0;
    must(shutdown(pair.client, SHUT_WR) == 0);
    while ((sent = send(pair.server, data, sizeof data, MSG_DONTWAIT)) > 0)
        total += sent;
    nap_ms(600);
    must(state_of(pair.server) == CLOSE_WAIT);
    must(close(pair.server) == 0);
    while ((size = read(pair.client, data, sizeof data)) > 0)
        got += size;
    must(size == 0 && got == total);
    return 0;
}
