// Every call of the hook list is a cancellation point where libc's own is, and nowhere else; cancelled in it
// at any moment, a thread leaves nothing behind that anybody waits for. Naive: a lock stays taken, or a call
// that libc would have ended returns.
// policy: grace=1s interval=20ms
// expect: leak cause=eof-unread dir=out
#include "sockets.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>

enum { ASYNCHRONOUS_TIMES = 10, NUMBERS = 1024 };

typedef long function(long first, long second, long third, long fourth, long fifth, long sixth, long seventh);

enum kind {
    ON_A_SOCKET,   /* takes a descriptor: a tracked socket's */
    MAKES_ANOTHER, /* the same, and gives a new one */
    MAKES_A_SOCKET,
    OF_ALL_THREADS, /* libc's own takes locks there, which an asynchronous cancellation leaves taken */
    OF_THE_PROCESS,
    NEVER_RETURNS,
    FORKS,
};

/* A new family of hooks has to say here what its calls are. */
enum kind_of_family {
    KIND_READ = ON_A_SOCKET,
    KIND_READ_VECTOR = ON_A_SOCKET,
    KIND_READ_MESSAGE = ON_A_SOCKET,
    KIND_READ_MANY = ON_A_SOCKET,
    KIND_WRITE = ON_A_SOCKET,
    KIND_SOCKET = MAKES_A_SOCKET,
    KIND_ACCEPT = ON_A_SOCKET,
    KIND_CONNECT = ON_A_SOCKET,
    KIND_OPTION = ON_A_SOCKET,
    KIND_LISTEN = ON_A_SOCKET,
    KIND_DUP = MAKES_ANOTHER,
    KIND_SHUTDOWN = ON_A_SOCKET,
    KIND_CLOSE = ON_A_SOCKET,
    KIND_VFORK = FORKS,
    KIND_EXIT = NEVER_RETURNS,
    KIND_RIGHTS = OF_ALL_THREADS,
    KIND_FOLLOWED = OF_ALL_THREADS,
    KIND_ALONE = OF_ALL_THREADS,
    KIND_UNSHARE = OF_ALL_THREADS,
    KIND_PRCTL = OF_THE_PROCESS,
    KIND_SYSCALL = OF_THE_PROCESS,
};

struct call {
    const char *name;
    enum kind kind;
    function *here;
    int socket;
};

static struct call calls[] = {
#define HOOK(family, returns, name, parameters, arguments, raw, more)                                        \
    {#name, (enum kind)KIND_##family, NULL, -1},
#include "../../shim/hooks.def"
#undef HOOK
};

static bool is(const struct call *call, const char *name)
{
    return strcmp(call->name, name) == 0;
}

/* With arguments that do no harm. */
static long make(const struct call *call)
{
    switch (call->kind) {
    case ON_A_SOCKET:
        return call->here(call->socket, 0, 0, 0, 0, 0, 0);
    case MAKES_ANOTHER:
        return call->here(call->socket, -1, 0, 0, 0, 0, 0);
    case MAKES_A_SOCKET:
        return call->here(AF_INET, SOCK_STREAM, 0, 0, 0, 0, 0);
    default:
        if (is(call, "unshare"))
            return call->here(0, 0, 0, 0, 0, 0, 0);
        return call->here(is(call, "initgroups") ? (long)"" : -1, -1, -1, -1, -1, -1, -1);
    }
}

static void clean_up(void *cleaned)
{
    *(_Atomic bool *)cleaned = true;
}

static _Atomic bool cleaned;

static void *pending(void *call)
{
    pthread_cleanup_push(clean_up, (void *)&cleaned);
    pthread_cancel(pthread_self());
    make(call);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *at_any_moment(void *call)
{
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    for (;;) {
        long made = make(call);
        if (((struct call *)call)->kind != ON_A_SOCKET && made > 2)
            syscall(SYS_close, made);
    }
    return NULL;
}

static bool cancelled(pthread_t thread)
{
    void *result;
    must(pthread_join(thread, &result) == 0);
    return result == PTHREAD_CANCELED;
}

/* Whether a cancellation that waits takes place in the call. */
static bool is_cancellation_point(struct call *call, void *library)
{
    pthread_t thread;
    struct pair pair = pair_of_sockets();
    call->socket = pair.client;
    *(void **)&call->here = dlsym(library, call->name);
    must(call->here);
    cleaned = false;
    must(pthread_create(&thread, NULL, pending, call) == 0);
    bool was = cancelled(thread);
    must(was == cleaned);
    close(pair.client);
    close(pair.server);
    return was;
}

static void cancel_at_any_moment(struct call *call)
{
    pthread_t thread;
    struct pair pair = pair_of_sockets();
    call->socket = pair.client;
    must(pthread_create(&thread, NULL, at_any_moment, call) == 0);
    nanosleep(&(struct timespec){0, rand() % 500000}, NULL);
    must(pthread_cancel(thread) == 0 && cancelled(thread));
    close(pair.client);
    close(pair.server);
}

static void cancel(struct call *call, void *libc)
{
    bool as_libc = is_cancellation_point(call, libc);
    bool here = is_cancellation_point(call, RTLD_DEFAULT);
    if (here != as_libc) {
        dprintf(2, "%s is %sa cancellation point, libc's own is %s\n", call->name, here ? "" : "not ",
                as_libc ? "one" : "not");
        _exit(99);
    }
    for (int i = 0; i < ASYNCHRONOUS_TIMES && call->kind != OF_ALL_THREADS; i++)
        cancel_at_any_moment(call);
}

int main(void)
{
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    must(libc);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].kind != NEVER_RETURNS && calls[i].kind != FORKS)
            cancel(&calls[i], libc);
    for (int number = 3; number < NUMBERS; number++)
        close(number);
    close(pair_of_sockets().server);
    await_events(1);
    must(lines_in(getenv("TEST_EVENTS")) == 1); /* by a watcher that is at work, not in a last look */
    return 0;
}
