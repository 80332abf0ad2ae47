// The main thread has ended by pthread_exit; the others work on, and their leaks are found. Naive:
// pidfd_getfd on the process finds no table any more, and that is taken for the end of all sockets.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out
// expect: leak cause=eof-unread dir=in
// everywhere: libc's threads
#include "sockets.h"

#include <pthread.h>

static struct pair before;

static void *rest(void *main_thread)
{
    must(pthread_join(*(pthread_t *)main_thread, NULL) == 0);
    nap_ms(100);
    struct pair after = pair_of_sockets();
    close(before.server);
    close(after.client);
    await_events(2);
    exit(0);
}

int main(void)
{
    static pthread_t self;
    pthread_t thread;
    self = pthread_self();
    before = pair_of_sockets();
    must(pthread_create(&thread, NULL, rest, &self) == 0);
    pthread_exit(NULL);
}
