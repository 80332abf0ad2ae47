#include "settle.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "bare.h"
#include "hints.h"
#include "probe.h"
#include "raw.h"
#include "socket_calls.h"

enum {
    REQUESTS_MAX = 1024,
    EPOLLS_MAX = 256,
};

enum request_state { REQUEST_FREE, REQUEST_WAITS, REQUEST_TAKEN, REQUEST_DONE, REQUEST_FAILED };

/* Filled in by the watcher while it is free, carried out by whoever takes it, emptied by the watcher. */
struct request {
    _Atomic uint32_t state; /* enum request_state */
    _Atomic uint32_t kind;  /* enum settle_kind; of the rest, read without taking it */
    int number;
    uint64_t cookie, dead;
    int64_t asked_at; /* ms, CLOCK_MONOTONIC */
};

static struct request requests[REQUESTS_MAX];
static _Atomic unsigned requests_end; /* none lies beyond */
_Atomic unsigned settle_waiting, settle_waiting_for_emfile;

static _Atomic int epolls[EPOLLS_MAX];
static _Atomic unsigned epoll_count;

static bool move(struct request *request, enum request_state from, enum request_state to)
{
    uint32_t expected = from;
    return atomic_compare_exchange_strong(&request->state, &expected, to);
}

static enum settle_kind kind_of(const struct request *request)
{
    return (enum settle_kind)atomic_load_explicit(&request->kind, memory_order_relaxed);
}

static void count(enum settle_kind kind, int change)
{
    atomic_fetch_add(kind == SETTLE_RELEASE_IF_EMFILE ? &settle_waiting_for_emfile : &settle_waiting,
                     (unsigned)change);
}

bool settle_ask(int number, uint64_t cookie, enum settle_kind kind)
{
    for (unsigned place = 0; place < REQUESTS_MAX; place++) {
        struct request *request = &requests[place];
        if (atomic_load_explicit(&request->state, memory_order_acquire) != REQUEST_FREE)
            continue;
        request->number = number;
        request->cookie = cookie;
        atomic_store_explicit(&request->kind, kind, memory_order_relaxed);
        request->dead = 0;
        request->asked_at = bare_now();
        if (place >= atomic_load_explicit(&requests_end, memory_order_relaxed))
            atomic_store(&requests_end, place + 1);
        atomic_store_explicit(&request->state, REQUEST_WAITS, memory_order_release);
        count(kind, 1);
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
        count(kind_of(request), -1);
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
                                    .kind = kind_of(request),
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

void settle_know_epolls(const int *numbers, size_t count)
{
    count = count < EPOLLS_MAX ? count : EPOLLS_MAX;
    for (size_t i = 0; i < count; i++)
        atomic_store_explicit(&epolls[i], numbers[i], memory_order_relaxed);
    atomic_store_explicit(&epoll_count, (unsigned)count, memory_order_release);
}

/*
 * A place in an epoll outlives the number, as long as another process holds the socket (epoll(7), question
 * 6): the program would hear of it for ever, and could not take it out.
 */
static void leave_epolls(int number)
{
    struct epoll_event unused;
    unsigned count = atomic_load_explicit(&epoll_count, memory_order_acquire);
    for (unsigned i = 0; i < count; i++)
        raw4(SYS_epoll_ctl, atomic_load_explicit(&epolls[i], memory_order_relaxed), EPOLL_CTL_DEL, number,
             (long)&unused);
}

/* False: it cannot be done now, most often for want of a free descriptor. */
static bool drop(struct request *request)
{
    long dead = dead_socket(request->number);
    if (raw_failed(dead))
        return false;
    long at_exec = raw3(SYS_fcntl, request->number, F_GETFD, 0);
    request->dead = probe_cookie((int)dead);
    hints_claimed_for(request->number, (uint32_t)request->dead);
    leave_epolls(request->number);
    long answer = raw3(SYS_dup3, dead, request->number, at_exec & FD_CLOEXEC ? O_CLOEXEC : 0);
    raw1(SYS_close, dead);
    return !raw_failed(answer); /* EBADF: the number is beyond a limit that was lowered since */
}

/* With the number claimed, and still holding the socket. */
static enum request_state replace(struct request *request, enum mark mark)
{
    bool dropped = drop(request);
    if (!hints_unclaim(request->number, dropped ? MARK_ENDED : mark))
        raw1(SYS_close, request->number); /* the program has closed it meanwhile */
    return dropped ? REQUEST_DONE : REQUEST_WAITS;
}

/* The claim goes before the close: afterwards the number may be another's, and so may a close of it. */
static enum request_state release(const struct request *request)
{
    hints_unclaim(request->number, MARK_NONE);
    raw1(SYS_close, request->number);
    return REQUEST_DONE;
}

/* No data either way since it was asked for: what is leaked but connected may have come alive. */
static bool was_quiet(const struct request *request, const struct facts *facts)
{
    int64_t age = facts->sent_age < facts->data_age ? facts->sent_age : facts->data_age;
    return !facts->send_q && facts->now - age + CLOCK_SLACK < request->asked_at;
}

/*
 * Whether the number still holds the socket, as dead as when it was asked for: the program may have
 * come back to it, or connected it anew, and the watcher not have looked since.
 */
static bool holds_it_still(const struct request *request)
{
    struct facts facts;
    if (!probe_life(request->number, &facts) || facts.cookie != request->cookie)
        return false;
    switch (facts.state) {
    case STATE_ESTABLISHED:
    case STATE_CLOSE_WAIT:
        return kind_of(request) == SETTLE_DROP && was_quiet(request, &facts);
    case STATE_SYN_SENT:
    case STATE_SYN_RECV:
    case STATE_LISTEN:
        return false;
    default:
        return true;
    }
}

static enum request_state carry_out(struct request *request)
{
    enum mark mark = hints_claim(request->number);
    if (mark == MARK_NONE)
        return REQUEST_FAILED;
    if (holds_it_still(request))
        return kind_of(request) == SETTLE_DROP ? replace(request, mark) : release(request);
    if (!hints_unclaim(request->number, mark))
        raw1(SYS_close, request->number);
    return REQUEST_FAILED;
}

static bool is_for_now(const struct request *request, bool emfile)
{
    return emfile || kind_of(request) != SETTLE_RELEASE_IF_EMFILE;
}

/* Returns how many numbers are free by it. Until it is taken it may have become another request. */
static unsigned take(struct request *request, bool emfile)
{
    if (!is_for_now(request, emfile) || !move(request, REQUEST_WAITS, REQUEST_TAKEN))
        return 0;
    enum settle_kind kind = kind_of(request);
    enum request_state came = is_for_now(request, emfile) ? carry_out(request) : REQUEST_WAITS;
    hints_changed(request->number);
    if (came != REQUEST_WAITS)
        count(kind, -1);
    bool freed = came == REQUEST_DONE && kind != SETTLE_DROP;
    atomic_store_explicit(&request->state, came, memory_order_release);
    return freed;
}

/* Whoever jumps out of it would leave a number claimed for ever, and no close of it would do anything. */
unsigned settle(bool emfile)
{
    unsigned freed = 0, end = atomic_load_explicit(&requests_end, memory_order_relaxed);
    uint64_t before;
    if (!raw_hold_signals(&before))
        return 0;
    for (struct request *request = requests; request < requests + end; request++)
        if (atomic_load_explicit(&request->state, memory_order_acquire) == REQUEST_WAITS)
            freed += take(request, emfile && !freed);
    raw_let_signals(before);
    return freed;
}

void settle_after_fork(void)
{
    for (unsigned place = 0; place < requests_end; place++)
        requests[place].state = REQUEST_FREE;
    requests_end = settle_waiting = settle_waiting_for_emfile = 0;
}
