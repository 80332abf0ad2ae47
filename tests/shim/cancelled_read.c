// A read is a cancellation point: a thread can be ended in it, and its socket is then held by nobody who
// reads. Naive: the read is made with a lock held, which is never released.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out reader
// everywhere: libc's threads
#include "sockets.h"

#include <pthread.h>

static void *reads(void *fd)
{
    char text[8];
    read(*(int *)fd, text, sizeof text);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    void *result;
    struct pair pair = pair_of_sockets();
    must(pthread_create(&thread, NULL, reads, &pair.client) == 0);
    nap_ms(50);
    must(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0);
    must(result == PTHREAD_CANCELED);
    close(pair.server);
    await_events(1);
    return 0;
}
