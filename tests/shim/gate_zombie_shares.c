// What looks like a zombie, but has threads that outlive its main thread, holds the connection too.
// policy: action=fin grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=in
// expect: healed
#include "ended.h"
#include "users.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>

static void *stay(void *unused)
{
    (void)unused;
    for (;;)
        pause();
    return NULL;
}

int main(void)
{
    pthread_t thread;
    become_nobody();
    must(prctl(PR_SET_DUMPABLE, 1) == 0); /* or the child hides what it has */
    struct pair pair = pair_of_sockets();
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); /* without a watcher of its own */
    if (child == 0) {
        must(pthread_create(&thread, NULL, stay, NULL) == 0);
        syscall(SYS_exit, 0);
    }
    must(shutdown(pair.client, SHUT_WR) == 0);
    await_events(1);
    nap_ms(200);
    must(state_of(pair.server) == CLOSE_WAIT);
    must(close(pair.server) == 0);
    await_events(2);
    must(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    close(pair.client);
    return 0;
}
