/*
 * The watcher in the program's own table, where the kernel does not lend. It
 * opens nothing, ever: a socket's number is its handle (probe compares the
 * cookie before and after), and one poll(2) tells who has news.
 */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "bare.h"
#include "directory.h"
#include "hints.h"
#include "probe.h"
#include "raw.h"
#include "room.h"
#include "scribe.h"
#include "socket_calls.h"
#include "thread.h"

enum {
    UNKNOWN_AT_ONCE = 256, /* numbers a tick that no hook knows; 0.1 to 0.2 microseconds each */
    SOCKETS_AT_ONCE = 1024,
    NUMBERS_AT_LEAST = 1024, /* how far above the highest tracked number a round goes */
    FULL_ROUND_EVERY = 16,
    REST = 200, /* where poll(2) takes long they are asked less often: 0.5 % of a processor at most */
};

static uint8_t *waiting;     /* waiting[number]: it is armed, and nothing was heard of it yet */
static struct pollfd *asked; /* SOCKETS_AT_ONCE of them */
static unsigned next_waiting, next_unknown, highest;
static unsigned rounds = 1;
static int64_t spent;    /* us of a processor, in this walk through the armed ones */
static int64_t rests_to; /* ms, until the next */

static bool enter(bool anew)
{
    if (anew) {
        waiting = bare_memory(hints_capacity, false);
        asked = bare_memory(SOCKETS_AT_ONCE * sizeof *asked, false);
    }
    if (!waiting || !asked)
        return false;
    if (!anew)
        memset(waiting, 0, highest); /* whoever is still there is armed anew */
    next_waiting = next_unknown = highest = 0;
    spent = rests_to = 0;
    scribe_forget();
    return true;
}

/* The next stretch of armed sockets, as many as one poll may ask about (no more than RLIMIT_NOFILE). */
static unsigned gather(void)
{
    struct rlimit64 limit = {.rlim_cur = SOCKETS_AT_ONCE};
    raw4(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit);
    unsigned most = limit.rlim_cur < SOCKETS_AT_ONCE ? (unsigned)limit.rlim_cur : SOCKETS_AT_ONCE;
    unsigned count = 0;
    for (; next_waiting < highest && count < most; next_waiting++)
        if (waiting[next_waiting])
            asked[count++] = (struct pollfd){.fd = (int)next_waiting, .events = POLLRDHUP};
    return count;
}

static size_t ask_armed(struct news *news, size_t room_for)
{
    struct raw_time at_once = {0, 0};
    unsigned count = gather();
    size_t found = 0;
    if (count && (int)raw5(SYS_ppoll, (long)asked, count, (long)&at_once, 0, 0) > 0) {
        for (unsigned i = 0; i < count; i++) {
            if (!asked[i].revents)
                continue;
            if (found == room_for) {
                next_waiting = (unsigned)asked[i].fd; /* the rest in the next call */
                break;
            }
            waiting[asked[i].fd] = 0; /* armed again by whoever finds it alive */
            news[found++] = (struct news){
                .number = asked[i].fd, .cookie = (uint32_t)probe_cookie(asked[i].fd), .stirred = true};
        }
    }
    return found;
}

static size_t stirred(struct news *news, size_t room_for, bool *more)
{
    *more = false;
    if (next_waiting == 0 && bare_now() < rests_to)
        return 0;
    int64_t began = bare_processor_time();
    size_t found = ask_armed(news, room_for);
    if (!found) /* in a storm there is one call for every few that are told of */
        spent += bare_processor_time() - began;
    *more = next_waiting < highest;
    if (!*more) {
        rests_to = bare_now() + spent * REST / 1000;
        next_waiting = 0;
        spent = 0;
    }
    return found;
}

/* Whether the number is a socket: asked of the socket layer, so that other files are not touched. */
static bool is_socket(unsigned number)
{
    int type, size = sizeof type;
    return raw_getsockopt((int)number, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

/*
 * Where a round ends: the kernel gives the lowest free number, so there is little
 * far above the highest that was met. Every so often all numbers have their turn.
 */
static unsigned round_end(void)
{
    struct rlimit64 limit = {.rlim_cur = NUMBERS_AT_LEAST};
    unsigned most = (unsigned)atomic_load_explicit(&hints_end, memory_order_relaxed) + NUMBERS_AT_LEAST;
    raw4(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit);
    if (most > limit.rlim_cur || rounds % FULL_ROUND_EVERY == 0)
        most = limit.rlim_cur < hints_capacity ? (unsigned)limit.rlim_cur : hints_capacity;
    return most;
}

static size_t unknown(struct news *news, bool *round_done)
{
    unsigned end = round_end();
    size_t count = 0;
    for (unsigned looked = 0; looked < UNKNOWN_AT_ONCE; looked++, next_unknown++) {
        if (next_unknown >= end) {
            next_unknown = 0;
            rounds++;
            *round_done = true;
            break;
        }
        if (!hints_tracked((int)next_unknown) && is_socket(next_unknown))
            news[count++] = (struct news){.number = (int)next_unknown};
    }
    return count;
}

static size_t shared_news(struct news *news, bool *round_done, bool *more)
{
    *round_done = false;
    size_t count = stirred(news, ROOM_NEWS_MAX - UNKNOWN_AT_ONCE, more);
    return *more ? count : count + unknown(news + count, round_done);
}

static int borrow(int number)
{
    return number;
}

static void give_back(int handle)
{
    (void)handle;
}

static enum armed arm(int number, int handle, uint64_t cookie)
{
    (void)handle;
    (void)cookie;
    if (number < 0 || number >= (int)hints_capacity)
        return ARMED_NOT;
    waiting[number] = 1;
    if ((unsigned)number >= highest)
        highest = (unsigned)number + 1;
    return ARMED_BEFORE; /* poll(2) does not tell whether it is armed under another number too */
}

/*
 * On a thread with a copy of the program's table, which is gone when the function
 * has returned: there every number stays what it is, and none needs to be free. Until then a file
 * that the program closes has not had its last close.
 */
static bool visit(void (*function)(void *argument), void *argument)
{
    uint32_t alive = 0;
    void *stack = bare_memory(THREAD_STACK, false);
    bool done = stack && thread_start(function, argument, stack, &alive, THREAD_COPIES_TABLE);
    while (done && !thread_wait(&alive, INT32_MAX))
        ;
    bare_memory_free(stack, THREAD_STACK);
    return done;
}

struct listing {
    int task; /* one that stands in the program's table */
    int *numbers;
    size_t count, most;
};

static void list_epolls(void *argument, bool keeps)
{
    struct listing *listing = argument;
    long directory = directory_of_descriptors(listing->task);
    (void)keeps;
    if (raw_failed(directory))
        return;
    listing->count = directory_epolls(directory, listing->numbers, listing->most);
    raw1(SYS_close, directory);
}

static size_t epolls(int *numbers, size_t most)
{
    struct listing listing = {.task = (int)raw0(SYS_gettid), .numbers = numbers, .most = most};
    scribe_do(list_epolls, &listing);
    return listing.count;
}

/* A number that is no epoll any more is refused, and one that is another epoll does not know the socket. */
static void forget(int epoll_number, int number, int handle)
{
    struct epoll_event unused;
    (void)handle;
    raw4(SYS_epoll_ctl, epoll_number, EPOLL_CTL_DEL, number, (long)&unused);
}

static bool outside(void (*function)(void *argument, bool keeps), void *argument)
{
    return scribe_do(function, argument);
}

struct call {
    void (*function)(void *argument);
    void *argument;
};

static void make_call(void *call, bool keeps)
{
    (void)keeps;
    ((struct call *)call)->function(((struct call *)call)->argument);
}

static void everywhere(void (*function)(void *argument), void *argument)
{
    struct call call = {function, argument};
    function(argument);
    if (scribe_present())
        scribe_do(make_call, &call);
}

static void leave(void)
{
    scribe_dismiss();
}

const struct room room_shared = {enter,  shared_news, borrow,  give_back,  visit, epolls,
                                 forget, arm,         outside, everywhere, leave};
