// A sender that is blocked within one call, for longer than the heartbeat waits, since its peer does not
// read: the message arrives whole.
// policy: interval=20ms [dir=out port=1-65535] heartbeat="100ms:PING\r\n"
// expect: nothing
#include "sockets.h"

#include <pthread.h>

enum { SIZE = 16 << 20 };

static char message[SIZE];

static void *send_all(void *client)
{
    must(send(*(int *)client, message, SIZE, 0) == SIZE);
    return NULL;
}

int main(void)
{
    static char got[SIZE];
    pthread_t sender;
    struct pair pair = pair_of_sockets();
    memset(message, 'm', sizeof message);
    must(pthread_create(&sender, NULL, send_all, &pair.client) == 0);
    nap_ms(500);
    for (size_t size = 0; size < SIZE;) {
        ssize_t more = recv(pair.server, got + size, SIZE / 4 < SIZE - size ? SIZE / 4 : SIZE - size, 0);
        must(more > 0);
        size += (size_t)more;
        nap_ms(size < SIZE / 2 ? 20 : 0);
    }
    must(memcmp(got, message, SIZE) == 0);
    pthread_join(sender, NULL);
    must(recv(pair.server, got, 6, MSG_WAITALL) == 6 && memcmp(got, "PING\r\n", 6) == 0);
    return 0;
}
