// A thousand threads, each with a connection of its own whose peer has gone, and with the smallest stack
// there is. Naive: a table by thread that is too small, thread-local storage for each, or a hook that takes
// the stack.
// policy: grace=2s interval=20ms
// expect: 1000 leak cause=eof-ignored dir=out
#include "sockets.h"

#include <limits.h>
#include <pthread.h>
#include <sys/resource.h>

enum { THREADS = 1000 };

static int listener;
static pthread_barrier_t all;

static void *leaks(void *unused)
{
    char byte;
    int client = connect_to(listener);
    must(recv(client, &byte, 1, 0) == 0);
    pthread_barrier_wait(&all);
    return unused;
}

static void *closes(void *unused)
{
    for (int i = 0; i < THREADS; i++)
        close(accept(listener, NULL, NULL));
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS + 1];
    pthread_attr_t small;
    struct rlimit many;
    struct sockaddr_in here = loopback();
    must(getrlimit(RLIMIT_NOFILE, &many) == 0);
    many.rlim_cur = many.rlim_max;
    must(setrlimit(RLIMIT_NOFILE, &many) == 0);
    pthread_attr_init(&small);
    must(pthread_attr_setstacksize(&small, (size_t)sysconf(_SC_THREAD_STACK_MIN)) == 0);
    pthread_barrier_init(&all, NULL, THREADS);
    listener = listen_at(&here, sizeof here, THREADS);
    for (int i = 0; i <= THREADS; i++)
        must(pthread_create(&threads[i], &small, i ? leaks : closes, NULL) == 0);
    for (int i = 0; i <= THREADS; i++)
        must(pthread_join(threads[i], NULL) == 0);
    await_events(THREADS);
    return 0;
}
