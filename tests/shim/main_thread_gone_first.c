// The same where the first socket is made only when the main thread has gone.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out
#include "sockets.h"

#include <pthread.h>

static void *rest(void *main_thread)
{
    must(pthread_join(*(pthread_t *)main_thread, NULL) == 0);
    close(pair_of_sockets().server);
    await_events(1);
    exit(0);
}

int main(void)
{
    static pthread_t self;
    pthread_t thread;
    self = pthread_self();
    must(pthread_create(&thread, NULL, rest, &self) == 0);
    pthread_exit(NULL);
}
