// What other preloaded libraries and sanitizers are tried with (neighbours_test.py): memory from several
// threads, files, a forked child, connections that are closed in time, and two leaks. Its result is its own.
// policy: grace=500ms interval=20ms
// expect: leak cause=eof-ignored dir=out site=~^neighbours.0x reader=~^neighbours.0x
// expect: leak cause=eof-unread dir=in site=~^neighbours.0x
// stdout: 4950 bytes, child 5
// exit: 3
#include "sockets.h"

#include <pthread.h>

enum { THREADS = 4, CONNECTIONS = 100 };

static _Atomic long bytes;

static void *works(void *unused)
{
    struct pair pair = pair_of_sockets();
    for (int size = 0; size < CONNECTIONS; size++) {
        char *text = calloc(1, CONNECTIONS);
        must(text && write(pair.server, text, (size_t)size) == size);
        if (size)
            bytes += recv(pair.client, text, CONNECTIONS, 0);
        free(text);
    }
    close(pair.server);
    close(pair.client);
    return unused;
}

static int child_of_ours(void)
{
    pid_t child = fork();
    if (child == 0) {
        free(malloc(100000));
        struct pair pair = pair_of_sockets();
        close(pair.client);
        close(pair.server);
        exit(5);
    }
    return status_of(child);
}

int main(void)
{
    char text[8];
    pthread_t threads[THREADS];
    struct pair ignored = pair_of_sockets(), unread = pair_of_sockets();
    int child = child_of_ours(), file = open("/dev/null", O_WRONLY);
    must(write(file, "x", 1) == 1 && close(file) == 0);
    for (int i = 0; i < THREADS; i++)
        must(pthread_create(&threads[i], NULL, works, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        must(pthread_join(threads[i], NULL) == 0);
    close(ignored.server);
    must(recv(ignored.client, text, sizeof text, 0) == 0);
    close(unread.client);
    await_events(2);
    printf("%ld bytes, child %d\n", bytes / THREADS, child);
    return 3;
}
