/*
 * The stacks that are kept, against backtrace(3)'s: over calls that come again and calls that do not, from
 * several threads, and interrupted by a signal that does the same.
 */
#include <execinfo.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

#include "hints.h"
#include "stack.h"

enum { THREADS = 3, ROUNDS = 4000, DEPTH = 8, WALKS_FRAMES = 2 * HINTS_STACK_MAX };

static _Atomic unsigned compared, wrong;

/* As a hook is: it knows its caller, and what is above it is to be kept. */
static __attribute__((noinline)) void hook(unsigned most)
{
    uintptr_t site = (uintptr_t)__builtin_return_address(0), kept[HINTS_STACK_MAX];
    void *frames[WALKS_FRAMES];
    stack_capture(kept, most, site);
    int count = backtrace(frames, WALKS_FRAMES), first = 0;
    while (first < count && (uintptr_t)frames[first] != site)
        first++;
    bool same = first < count;
    for (unsigned i = 0; same && i < most; i++) {
        uintptr_t expected = first + (int)i < count ? (uintptr_t)frames[first + (int)i] : 0;
        same = kept[i] == expected;
        if (!expected)
            break;
    }
    compared++;
    wrong += !same;
}

static __attribute__((noinline)) void one(unsigned *seed, unsigned left);
static __attribute__((noinline)) void other(unsigned *seed, unsigned left);

/* Several places to call from, of which chance takes one. */
static __attribute__((noinline)) void go_on(unsigned *seed, unsigned left)
{
    unsigned way = (unsigned)rand_r(seed) % 8;
    if (!left || way == 0)
        hook(DEPTH);
    else if (way < 4)
        one(seed, left - 1);
    else if (way < 6)
        other(seed, left - 1);
    else
        go_on(seed, left - 1);
    __asm__ volatile("" ::: "memory"); /* no jump in place of the last call */
}

static void one(unsigned *seed, unsigned left)
{
    go_on(seed, left);
    hook(DEPTH);
    __asm__ volatile("" ::: "memory");
}

static void other(unsigned *seed, unsigned left)
{
    char room[256];
    memset(room, 0, sizeof room);
    go_on(seed, left);
    __asm__ volatile("" : : "r"(room) : "memory");
}

static void *walk(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;
    for (int i = 0; i < ROUNDS; i++)
        go_on(&seed, 12);
    return NULL;
}

static void in_signal(int number)
{
    unsigned seed = (unsigned)number + compared;
    go_on(&seed, 3);
}

static void test_same_as_backtrace(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    struct itimerval often = {{0, 700}, {0, 700}}, never = {{0, 0}, {0, 0}};
    signal(SIGPROF, in_signal);
    setitimer(ITIMER_PROF, &often, NULL);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, walk, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    setitimer(ITIMER_PROF, &never, NULL);
    assert_true(compared > THREADS * ROUNDS);
    assert_int_equal(wrong, 0);
}

static void test_ends_with_the_stack(void **state)
{
    (void)state;
    for (int again = 0; again < 3; again++)
        hook(HINTS_STACK_MAX);
    assert_int_equal(wrong, 0);
}

static int set_up(void **state)
{
    (void)state;
    return stack_ready() && stack_open() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_backtrace),
        cmocka_unit_test(test_ends_with_the_stack),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
