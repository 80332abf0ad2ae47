// The other process that holds the connection has lost its main thread: its other threads' descriptors count.
// policy: action=fin grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=in
// expect: healed
#include "ended.h"

#include <pthread.h>

static int go[2];
static struct pair pair;

static void *serve(void *unused)
{
    char text[8];
    (void)unused;
    must(read(go[0], text, 1) == 0);
    must(state_of(pair.server) == CLOSE_WAIT);
    syscall(SYS_exit_group, 0);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    pair = pair_of_sockets();
    must(pipe(go) == 0 && shutdown(pair.client, SHUT_WR) == 0);
    pid_t child = fork_past_libc(); /* without a watcher of its own */
    if (child == 0) {
        syscall(SYS_close, go[1]);
        must(pthread_create(&thread, NULL, serve, NULL) == 0);
        syscall(SYS_exit, 0);
    }
    await_events(1);
    nap_ms(200);
    must(close(pair.server) == 0);
    await_events(2);
    close(go[1]);
    must(status_of(child) == 0);
    close(pair.client);
    return 0;
}
