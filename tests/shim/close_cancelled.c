// A thread is cancelled in its close(), which is then not made: the socket is still there, and what is read
// from it is seen as before. Naive: it strikes the number off before the real close, and never hears of it
// again.
// policy: grace=1s interval=20ms
// expect: leak cause=eof-ignored dir=out site=~^close_cancelled.0x reader=~^close_cancelled.0x
#include "sockets.h"

#include <pthread.h>

static void *closes(void *fd)
{
    pthread_cancel(pthread_self());
    close(*(int *)fd);
    return NULL;
}

int main(void)
{
    char text[8];
    pthread_t thread;
    void *result;
    struct pair pair = pair_of_sockets();
    nap_ms(200);
    must(pthread_create(&thread, NULL, closes, &pair.client) == 0);
    must(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
    must(fcntl(pair.client, F_GETFD) >= 0);
    nap_ms(200);
    send_and_close(pair.server, "body");
    await_end(pair.client);
    must(recv(pair.client, text, sizeof text, 0) == 4 && recv(pair.client, text, sizeof text, 0) == 0);
    await_events(1);
    return 0;
}
