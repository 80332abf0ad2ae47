#include "life.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "bare.h"
#include "hints.h"
#include "libc.h"
#include "raw.h"
#include "settle.h"
#include "thread.h"
#include "watcher.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

enum {
    PAUSE_MS = 2000, /* the watcher never waits for anything longer than a file system does */
    FINISH_MS = 3000,
};

/*
 * All that must be new in a forked child: one page, which the kernel empties there (Linux 4.14), or
 * our fork handler.
 */
struct life {
    _Atomic uint32_t state;
    _Atomic uint32_t births;
    _Atomic uint32_t pauses; /* how many changes of rights are under way */
    _Atomic int process;
    _Atomic bool has_tables; /* more than one: life_tables_part */
    struct talk talk;
    uint32_t alive; /* the watcher's thread id; 0: it has ended */
    void *stack;
    struct watch watch;
};

static struct life *life;
const struct talk *life_talk; /* in `life` */
_Atomic uint32_t *life_state;
static const struct policy *policy;
static struct rights rights; /* of the thread that changed them last */
_Atomic bool life_has_vforked;
_Atomic bool life_has_sandbox;
static _Atomic bool has_watched; /* in this process or in one it was forked from */

/*
 * In a child made by vfork(2), or by a clone(2) that shares the memory: what it does is not the
 * program's doing.
 */
static bool in_other_process(void)
{
    int process = atomic_load_explicit(&life->process, memory_order_relaxed);
    int here = bare_process();
    return process && here && process != here;
}

bool life_in_vfork_child(void)
{
    return atomic_load_explicit(&life_has_vforked, memory_order_relaxed) && in_other_process();
}

bool life_is_here(void)
{
    return atomic_load_explicit(&life->process, memory_order_relaxed) == bare_process();
}

/* Moves the state on, if it was `from`. */
static bool move(enum life_state from, enum life_state to)
{
    uint32_t expected = from;
    return atomic_compare_exchange_strong(&life->state, &expected, to);
}

/*
 * The watcher's thread. Where its room cannot be had, or is lost, the next TCP socket starts it in
 * the other.
 */
static void watch_thread(void *argument)
{
    (void)argument;
    enum watch_end end = watcher_run(&life->watch);
    if (end == WATCH_DONE)
        return;
    bool again = end == WATCH_RIGHTS_LOST || life->watch.room == &room_own;
    if (end == WATCH_ROOM_LOST)
        life->watch.room = &room_shared;
    atomic_store(&life->state, again ? LIFE_IDLE : LIFE_BARRED);
    __atomic_store_n(&life->talk.paused, 0, __ATOMIC_RELEASE);
    bare_wake(&life->talk.paused);
}

bool life_has_tables(void)
{
    return atomic_load_explicit(&life->has_tables, memory_order_relaxed);
}

static bool start_thread(void)
{
    if (!life->stack)
        life->stack = bare_memory(THREAD_STACK, false);
    if (!life->stack || !thread_wait(&life->alive, PAUSE_MS))
        return false;
    life->watch.policy = policy;
    life->watch.talk = &life->talk;
    life->watch.rights = &rights;
    if (!life->watch.room)
        life->watch.room = room_choose().kind == ROOM_OWN ? &room_own : &room_shared;
    if (life->watch.room == &room_shared && life_has_tables())
        return false; /* it would stand in its starter's, and hold open what that closes by its end */
    __atomic_store_n(&life->talk.order, ORDER_NONE, __ATOMIC_RELEASE);
    atomic_store(&has_watched, true);
    return thread_start(watch_thread, NULL, life->stack, &life->alive, THREAD_SHARES_TABLE);
}

/*
 * What is in memory is the parent's, and of its threads only the one that forked is here. By the fork
 * handler; or, in a child that passed it by (_Fork(3), clone(2)), before its first watcher.
 */
static void begin_as_child(void)
{
    life->talk.may_share = life->talk.forked = true;
    hints_after_fork();
    settle_after_fork();
    atomic_store(&life->process, bare_process());
}

static void start(void)
{
    if (!move(LIFE_IDLE, LIFE_STARTING))
        return;
    if (atomic_load(&life->pauses)) { /* rights are changing: the thread might keep the old ones */
        move(LIFE_STARTING, LIFE_IDLE);
        return;
    }
    if (!atomic_load(&life->process))
        begin_as_child();
    bool started = policy->process.watch && start_thread();
    move(LIFE_STARTING, started ? LIFE_WATCHED : LIFE_BARRED); /* unless the thread itself has moved it on */
}

/* Whoever jumps out of it would leave a watcher that starts for ever. */
void life_start(void)
{
    if (in_other_process() || life_sandboxed() || atomic_load(&life->state) != LIFE_IDLE)
        return;
    uint64_t before;
    bool held = raw_hold_signals(&before);
    start(); /* unheld, no thread: see thread_start */
    if (held)
        raw_let_signals(before);
}

static void give_order(enum order order)
{
    __atomic_store_n(&life->talk.order, order, __ATOMIC_RELEASE);
    bare_wake(&life->talk.order);
}

static void await_paused(uint32_t paused)
{
    int64_t until = bare_now() + PAUSE_MS;
    while (__atomic_load_n(&life->talk.paused, __ATOMIC_ACQUIRE) != paused && bare_now() < until &&
           __atomic_load_n(&life->alive, __ATOMIC_ACQUIRE))
        bare_wait(&life->talk.paused, !paused, PAUSE_MS / 10);
}

/* Whether the watcher may be spoken to: in a sandbox even that could be a system call too many. */
static bool out_of_reach(void)
{
    return !life || life_sandboxed() || in_other_process();
}

/*
 * Whoever is about to start the watcher has seen no pause: it will be there in a moment, and can be
 * paused.
 */
static void await_started(void)
{
    int64_t until = bare_now() + PAUSE_MS;
    while (atomic_load(&life->state) == LIFE_STARTING && bare_now() < until)
        raw0(SYS_sched_yield);
}

static void pause_watcher(void)
{
    if (!move(LIFE_WATCHED, LIFE_PAUSED))
        return;
    give_order(ORDER_PAUSE);
    await_paused(1);
}

void life_pause(void)
{
    if (out_of_reach())
        return;
    atomic_fetch_add(&life->pauses, 1);
    await_started();
    pause_watcher();
}

void life_resume(void)
{
    if (out_of_reach() || atomic_fetch_sub(&life->pauses, 1) != 1)
        return;
    pause_watcher(); /* another's resume may have come between our pause and our call */
    if (atomic_load(&life->state) != LIFE_PAUSED)
        return;
    uint32_t thread = __atomic_load_n(&life->alive, __ATOMIC_ACQUIRE);
    rights_read(&rights);
    give_order(ORDER_FOLLOW);
    await_paused(0);
    if (!move(LIFE_PAUSED, LIFE_WATCHED) && thread)
        thread_wait_gone(thread); /* it could not follow, and takes with it what the program has given up */
}

void life_stop(void)
{
    if (out_of_reach() || !move(LIFE_WATCHED, LIFE_STOPPED))
        return;
    uint32_t thread = __atomic_load_n(&life->alive, __ATOMIC_ACQUIRE);
    give_order(ORDER_STOP);
    if (thread && thread_wait(&life->alive, PAUSE_MS))
        thread_wait_gone(thread);
}

/* Weak, for only glibc has it, since 2.32. Of ours it does not know. */
extern char __libc_single_threaded __attribute__((weak));

void life_tables_part(void)
{
    if (!out_of_reach() && !(&__libc_single_threaded && __libc_single_threaded))
        atomic_store(&life->has_tables, true);
}

void life_signalled(long thread)
{
    if (out_of_reach() || thread != (long)__atomic_load_n(&life->alive, __ATOMIC_ACQUIRE))
        return;
    await_started();
    life_stop();
    move(LIFE_STOPPED, LIFE_IDLE);
}

void life_restart(void)
{
    if (out_of_reach() || !move(LIFE_STOPPED, LIFE_STARTING))
        return;
    bool started = start_thread();
    move(LIFE_STARTING, started ? LIFE_WATCHED : LIFE_BARRED);
}

/* watch=off, or no watcher yet: a thread for the last look only. */
static void start_for_last_look(void)
{
    life->watch.finish_only = true;
    if (start_thread())
        thread_wait(&life->alive, FINISH_MS);
}

static void last_look(void)
{
    uint32_t state = atomic_exchange(&life->state, LIFE_FINISHED);
    bool asked_for = policy->process.summary == SUMMARY_ON;
    if (state == LIFE_WATCHED || state == LIFE_PAUSED) {
        give_order(ORDER_FINISH);
        thread_wait(&life->alive, FINISH_MS);
    } else if (state == LIFE_BARRED || (state == LIFE_IDLE && (asked_for || life->talk.watching))) {
        start_for_last_look();
    }
}

int life_finish(int status)
{
    if (!life)
        return status;
    if (!out_of_reach())
        last_look();
    bool leaked = __atomic_load_n(&life->talk.leaks, __ATOMIC_ACQUIRE) > 0;
    return status == 0 && leaked && policy->process.exitcode ? (int)policy->process.exitcode : status;
}

/*
 * Runs after the program's own exit handlers and all destructors, because it was registered before
 * them (on_exit(3)).
 */
static void at_exit(int status)
{
    int changed = life_finish(status);
    if (changed != status)
        exit(changed); /* from within a handler glibc goes on with what is left, stdio's buffers among it */
}

static void in_forking_parent(void)
{
    life->talk.may_share = true;
}

/*
 * The child inherits the sockets and not the watcher. It gets one at once: later it may have locked
 * itself in a sandbox.
 */
static void in_forked_child(void)
{
    memset(life, 0, sizeof *life);
    begin_as_child();
    if (atomic_load(&has_watched))
        life_start();
}

bool life_open(const struct policy *in_force, unsigned numbers)
{
    const size_t page = 4096;
    life = bare_memory(page, true);
    if (!life || !hints_open(numbers, in_force->process.stack, &life->births)) {
        life = NULL;
        return false;
    }
    raw3(SYS_madvise, (long)life, page, MADV_WIPEONFORK); /* before 4.14 the handler below does it */
    policy = in_force;
    life->process = bare_process();
    life_state = &life->state;
    life_talk = &life->talk;
    return true;
}

void life_begin(bool with_sockets)
{
    libc_at_exit(at_exit);
    libc_at_fork(in_forking_parent, in_forked_child);
    if (with_sockets) {
        life->talk.may_share = life->talk.born_with = true;
        life_start();
    }
}
