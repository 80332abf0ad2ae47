// A number is given back in the main thread's table or not at all: a thread that has one of its own keeps
// what it has under that number. Naive: the first thread that makes a socket closes its own.
// policy: grace=100ms interval=20ms action=close release=1ms
// expect: leak
// expect: action action=close result=ok
// rooms: own
#include "ended.h"
#include "tables.h"

static int ended, server, parted[2], go[2];

static void *keeps_its_copy(void *unused)
{
    char byte;
    must(unshare(CLONE_FILES) == 0 && close(server) == 0);
    must(write(parted[1], "x", 1) == 1);
    must(read(go[0], &byte, 1) == 1);
    for (int i = 0; i < 10; i++)
        must(close(socket(AF_INET, SOCK_STREAM, 0)) == 0);
    must(fcntl(ended, F_GETFD) >= 0);
    return unused;
}

int main(void)
{
    char byte;
    pthread_t thread;
    must(pipe(parted) == 0 && pipe(go) == 0);
    struct pair pair = pair_of_sockets();
    ended = pair.client;
    server = pair.server;
    must(pthread_create(&thread, NULL, keeps_its_copy, NULL) == 0);
    must(read(parted[0], &byte, 1) == 1);
    must(close(server) == 0);
    await_events(2);
    nap_ms(100);
    must(write(go[1], "x", 1) == 1);
    must(pthread_join(thread, NULL) == 0);
    must(fcntl(ended, F_GETFD) >= 0);
    return 0;
}
