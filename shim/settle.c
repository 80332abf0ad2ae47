#include "settle.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "hints.h"
#include "probe.h"
#include "raw.h"
#include "socket_calls.h"

enum { REQUESTS_MAX = 1024 };

enum request_state { REQUEST_FREE, REQUEST_WAITS, REQUEST_TAKEN, REQUEST_DONE, REQUEST_FAILED };

/* Filled in by the watcher while it is free, carried out by whoever takes it, emptied by the watcher. */
struct request {
    _Atomic uint32_t state; /* enum request_state */
    int number;
    enum settle_kind kind;
    uint64_t cookie, dead;
};

static struct request requests[REQUESTS_MAX];
static _Atomic unsigned requests_end; /* none lies beyond */
_Atomic unsigned settle_waiting;

static bool move(struct request *request, enum request_state from, enum request_state to)
{
    uint32_t expected = from;
    return atomic_compare_exchange_strong(&request->state, &expected, to);
}

bool settle_ask(int number, uint64_t cookie, enum settle_kind kind)
{
    for (unsigned place = 0; place < REQUESTS_MAX; place++) {
        struct request *request = &requests[place];
        if (atomic_load_explicit(&request->state, memory_order_acquire) != REQUEST_FREE)
            continue;
        request->number = number;
        request->cookie = cookie;
        request->kind = kind;
        request->dead = 0;
        if (place >= atomic_load_explicit(&requests_end, memory_order_relaxed))
            atomic_store(&requests_end, place + 1);
        atomic_store_explicit(&request->state, REQUEST_WAITS, memory_order_release);
        atomic_fetch_add(&settle_waiting, 1);
        return true;
    }
    return false;
}

bool settle_withdraw(uint64_t cookie)
{
    unsigned end = atomic_load_explicit(&requests_end, memory_order_relaxed);
    for (struct request *request = requests; request < requests + end; request++) {
        if (request->cookie != cookie || !move(request, REQUEST_WAITS, REQUEST_FREE))
            continue;
        atomic_fetch_sub(&settle_waiting, 1);
        return true;
    }
    return false;
}

bool settle_next(struct settled *settled)
{
    unsigned end = atomic_load_explicit(&requests_end, memory_order_relaxed);
    for (struct request *request = requests; request < requests + end; request++) {
        uint32_t state = atomic_load_explicit(&request->state, memory_order_acquire);
        if (state != REQUEST_DONE && state != REQUEST_FAILED)
            continue;
        *settled = (struct settled){.number = request->number,
                                    .kind = request->kind,
                                    .cookie = request->cookie,
                                    .dead = request->dead,
                                    .done = state == REQUEST_DONE};
        atomic_store_explicit(&request->state, REQUEST_FREE, memory_order_release);
        return true;
    }
    return false;
}

/*
 * A socket that answers as one whose connection is over: read returns 0, write fails with EPIPE, getpeername
 * with ENOTCONN (shutdown(2) fails too, but leaves its mark: inet_shutdown). -errno: there is none to be had.
 */
static long dead_socket(int like)
{
    int family = 0, size = sizeof family;
    long status = raw3(SYS_fcntl, like, F_GETFL, 0);
    raw_getsockopt(like, SOL_SOCKET, SO_DOMAIN, &family, &size);
    long dead = raw_socket(family, SOCK_STREAM | SOCK_CLOEXEC | (status & O_NONBLOCK ? SOCK_NONBLOCK : 0), 0);
    if (!raw_failed(dead))
        raw_shutdown((int)dead, SHUT_RDWR);
    return dead;
}

/* False: no descriptor is free for it now. */
static bool drop(struct request *request)
{
    long dead = dead_socket(request->number);
    if (raw_failed(dead))
        return false;
    long at_exec = raw3(SYS_fcntl, request->number, F_GETFD, 0);
    request->dead = probe_cookie((int)dead);
    raw3(SYS_dup3, dead, request->number, at_exec & FD_CLOEXEC ? O_CLOEXEC : 0);
    raw1(SYS_close, dead);
    return true;
}

/* With the number claimed, and still holding the socket. */
static enum request_state replace(struct request *request, enum mark mark)
{
    bool dropped = drop(request);
    if (!hints_unclaim(request->number, dropped ? MARK_KNOWN : mark))
        raw1(SYS_close, request->number); /* the program has closed it meanwhile */
    if (dropped)
        hints_mark_ended(request->number, (uint32_t)request->dead);
    return dropped ? REQUEST_DONE : REQUEST_WAITS;
}

/* The claim goes before the close: afterwards the number may be another's, and so may a close of it. */
static enum request_state release(const struct request *request)
{
    hints_unclaim(request->number, MARK_NONE);
    raw1(SYS_close, request->number);
    return REQUEST_DONE;
}

static enum request_state carry_out(struct request *request)
{
    enum mark mark = hints_claim(request->number);
    if (mark == MARK_NONE)
        return REQUEST_FAILED;
    if (probe_cookie(request->number) == request->cookie)
        return request->kind == SETTLE_DROP ? replace(request, mark) : release(request);
    if (!hints_unclaim(request->number, mark))
        raw1(SYS_close, request->number);
    return REQUEST_FAILED;
}

/* Returns how many numbers are free by it. */
static unsigned take(struct request *request)
{
    if (!move(request, REQUEST_WAITS, REQUEST_TAKEN))
        return 0;
    enum request_state came = carry_out(request);
    hints_changed(request->number);
    if (came != REQUEST_WAITS)
        atomic_fetch_sub(&settle_waiting, 1);
    bool freed = came == REQUEST_DONE && request->kind != SETTLE_DROP;
    atomic_store_explicit(&request->state, came, memory_order_release);
    return freed;
}

unsigned settle(bool emfile)
{
    unsigned freed = 0, end = atomic_load_explicit(&requests_end, memory_order_relaxed);
    for (struct request *request = requests; request < requests + end; request++) {
        if (atomic_load_explicit(&request->state, memory_order_acquire) != REQUEST_WAITS)
            continue;
        if (request->kind != SETTLE_RELEASE_IF_EMFILE || (emfile && !freed))
            freed += take(request);
    }
    return freed;
}

void settle_after_fork(void)
{
    for (unsigned place = 0; place < requests_end; place++)
        requests[place].state = REQUEST_FREE;
    requests_end = settle_waiting = 0;
}
