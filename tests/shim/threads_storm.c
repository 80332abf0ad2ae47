// Four threads that make and close connections as fast as they can, and one leak among them.
// policy: grace=2s interval=1ms
// expect: leak cause=eof-unread dir=out
#include "sockets.h"

#include <pthread.h>

static void *storm(void *listener)
{
    char text[8];
    for (int i = 0; i < 1000; i++) {
        int client = connect_to(*(int *)listener);
        close(accept(*(int *)listener, NULL, NULL));
        recv(client, text, sizeof text, 0);
        close(client);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[4];
    int listener = listen_on_loopback();
    close(pair_of_sockets().server);
    for (int i = 0; i < 4; i++)
        must(pthread_create(&threads[i], NULL, storm, &listener) == 0);
    for (int i = 0; i < 4; i++)
        must(pthread_join(threads[i], NULL) == 0);
    await_events(1);
    return 0;
}
