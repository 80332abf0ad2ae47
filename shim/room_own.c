/* The watcher in a descriptor table of its own: it borrows, and the program's table stays untouched. */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>

#include "bare.h"
#include "directory.h"
#include "hints.h"
#include "raw.h"
#include "room.h"
#include "table.h"

enum {
    PIDFD_OF_THREAD = O_EXCL, /* PIDFD_THREAD, Linux 6.9 */
    /* What a look at numbers that no hook knows may cost; a unit is some 0.2 microseconds. */
    COST_AT_ONCE = 256,
    COST_OF_LISTED = 1,  /* an entry of the list */
    COST_OF_UNKNOWN = 4, /* its link as well */
    COST_OF_JUMP = 16,   /* to another place in the list, of which more is read than is wanted */
    WORTH_A_JUMP = 32,   /* numbers in a row that a hook knows */
    EVENTS_AT_ONCE = 256,
};

static int pidfd, epoll, listing;
static int next_unknown;

/* The descriptors of one of the program's threads: its pidfd, and their list where /proc is mounted. */
static bool take_thread(int task, long flags)
{
    long opened = raw2(RAW_pidfd_open, task, flags);
    if (raw_failed(opened))
        return false;
    long answer =
        raw3(RAW_pidfd_getfd, opened, INT32_MAX, 0); /* EBADF when its table is there: ESRCH when not */
    if (answer != -EBADF) {
        raw1(SYS_close, opened);
        return false;
    }
    pidfd = (int)opened;
    long list = directory_of_descriptors(task);
    listing = raw_failed(list) ? -1 : (int)list;
    return true;
}

static bool take_task(int task, void *taken)
{
    if (task != raw0(SYS_gettid))
        *(bool *)taken = take_thread(task, PIDFD_OF_THREAD);
    return !*(bool *)taken;
}

/*
 * The main thread may have gone by pthread_exit(3), and its table with it: any other of the
 * program's will do.
 */
static bool take_any_thread(void)
{
    bool taken = false;
    long tasks = raw4(SYS_openat, AT_FDCWD, (long)"/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (raw_failed(tasks))
        return false;
    directory_numbers(tasks, take_task, &taken);
    raw1(SYS_close, tasks);
    return taken;
}

static bool take_program(void)
{
    return take_thread((int)raw0(SYS_getpid), 0) || take_any_thread();
}

static bool enter(bool anew)
{
    (void)anew; /* all there is lies in the table */
    if (!table_leave() || !take_program())
        return false;
    long made = raw1(SYS_epoll_create1, EPOLL_CLOEXEC);
    if (raw_failed(made))
        return false;
    epoll = (int)made;
    next_unknown = 0;
    return true;
}

static size_t stirred(struct news *news, bool *more)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    long count = raw6(SYS_epoll_pwait, epoll, (long)events, EVENTS_AT_ONCE, 0, 0, 0);
    if (raw_failed(count))
        return 0;
    for (long i = 0; i < count; i++) {
        news[i].number = (int)(events[i].data.u64 >> 32);
        news[i].cookie = (uint32_t)events[i].data.u64;
        news[i].stirred = true;
    }
    *more = count == EVENTS_AT_ONCE;
    return (size_t)count;
}

/* A stretch of the numbers that no hook knows. */
struct stretch {
    struct news *news;
    size_t count;
    int cost;
};

static bool known_ahead(int number)
{
    for (int end = number + WORTH_A_JUMP; number < end; number++)
        if (!hints_tracked(number))
            return false;
    return true;
}

static bool meet(int number, void *context)
{
    struct stretch *stretch = context;
    next_unknown = number + 1;
    stretch->cost += COST_OF_LISTED;
    if (hints_tracked(number))
        return stretch->cost < COST_AT_ONCE && !known_ahead(next_unknown);
    stretch->cost += COST_OF_UNKNOWN;
    if (directory_socket(listing, number) > 0)
        stretch->news[stretch->count++] = (struct news){.number = number};
    return stretch->cost < COST_AT_ONCE;
}

/*
 * A few more of the numbers that no hook knows. The list can be entered at any
 * number (proc_readfd_common: position = number + 2), so long runs of known ones cost nothing.
 * Only sockets are ever borrowed: the last close of another kind of file might block us.
 */
static size_t unknown(struct news *news, bool *round_done)
{
    struct stretch stretch = {.news = news};
    for (; stretch.cost < COST_AT_ONCE; stretch.cost += COST_OF_JUMP) {
        while (hints_tracked(next_unknown))
            next_unknown++;
        raw3(SYS_lseek, listing, next_unknown + 2, 0);
        if (directory_numbers(listing, meet, &stretch) <= 0) {
            next_unknown = 0;
            *round_done = true;
            break;
        }
    }
    return stretch.count;
}

static size_t own_news(struct news *news, bool *round_done, bool *more)
{
    *round_done = *more = false;
    size_t count = stirred(news, more);
    if (*more)
        return count;
    if (listing >= 0)
        count += unknown(news + count, round_done);
    else
        *round_done = true;
    return count;
}

static int borrow(int number)
{
    if (pidfd < 0) /* no thread has a table any more: see below */
        return -ESRCH;
    long handle = raw3(RAW_pidfd_getfd, pidfd, number, 0);
    if (handle == -EPERM || handle == -ENOSYS) /* a filter that came later: the kernel lends no more */
        return -ESRCH;
    if (handle == -ESRCH /* the thread whose table we used has ended */) {
        raw1(SYS_close, pidfd);
        if (listing >= 0)
            raw1(SYS_close, listing);
        pidfd = listing = -1;
        if (take_any_thread())
            handle = raw3(RAW_pidfd_getfd, pidfd, number, 0);
    }
    return (int)handle;
}

static void give_back(int handle)
{
    raw1(SYS_close, handle);
}

/* A borrowed handle is nobody else's already. */
static bool visit(void (*function)(void *argument), void *argument)
{
    function(argument);
    return true;
}

static size_t epolls(int *numbers, size_t most)
{
    return listing >= 0 ? directory_epolls(listing, numbers, most) : 0;
}

/*
 * An epoll knows a socket by open file and number together (epoll_ctl(2), ep_find), so the handle is
 * put under that number in our table for a moment; what lies there of ours is put aside.
 */
static void forget_as(int epoll_handle, int number, int handle)
{
    struct epoll_event unused;
    long aside = raw3(SYS_fcntl, number, F_DUPFD_CLOEXEC, 0);
    if (raw_failed(aside) && aside != -EBADF)
        return;
    bool placed = !raw_failed(raw3(SYS_dup3, handle, number, O_CLOEXEC));
    if (placed)
        raw4(SYS_epoll_ctl, epoll_handle == number ? aside : epoll_handle, EPOLL_CTL_DEL, number,
             (long)&unused);
    if (raw_failed(aside)) {
        if (placed)
            raw1(SYS_close, number);
        return;
    }
    if (placed)
        raw3(SYS_dup3, aside, number, O_CLOEXEC);
    raw1(SYS_close, aside);
}

static void forget(int epoll_number, int number, int handle)
{
    struct epoll_event unused;
    int epoll_handle = borrow(epoll_number);
    if (epoll_handle < 0)
        return;
    if (handle == number)
        raw4(SYS_epoll_ctl, epoll_handle, EPOLL_CTL_DEL, number, (long)&unused);
    else
        forget_as(epoll_handle, number, handle);
    give_back(epoll_handle);
}

/*
 * The registration belongs to the open file, not to the handle, and stays when
 * the handle is given back, for as long as the program holds the socket
 * (epoll(7), question 6). A socket held under two numbers is registered once: EEXIST.
 */
static enum armed arm(int number, int handle, uint64_t cookie)
{
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLET,
                                .data.u64 = (uint64_t)(unsigned)number << 32 | (uint32_t)cookie};
    long answer = raw4(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, handle, (long)&event);
    return answer == 0 ? ARMED : answer == -EEXIST ? ARMED_BEFORE : ARMED_NOT;
}

static bool outside(void (*function)(void *argument, bool keeps), void *argument)
{
    function(argument, true);
    return true;
}

static void everywhere(void (*function)(void *argument), void *argument)
{
    function(argument);
}

/* Its table goes with the thread. */
static void leave(void)
{
}

const struct room room_own = {enter,  own_news, borrow,  give_back,  visit, epolls,
                              forget, arm,      outside, everywhere, leave};
