/*
 * Bare threads: clone(2) without libc, so that the program's libc never learns
 * of them (pthread_create would turn on locks in stdio and malloc for good).
 * Such a thread has no thread-local storage of its own: no errno, no libc.
 */
#ifndef WAITCLOSE_THREAD_H
#define WAITCLOSE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

enum { THREAD_STACK = 64 * 1024 };

enum thread_table {
    THREAD_SHARES_TABLE, /* stands in the starting thread's descriptor table */
    THREAD_COPIES_TABLE, /* in one of its own, with a copy of what there is at this moment */
};

/*
 * Starts function(argument) on a thread with all signals blocked. *alive becomes the thread's id, and 0
 * (with a futex wake) when it has ended. stack: THREAD_STACK bytes, free again when *alive is 0.
 * False: no thread to be had. Any thread; makes no libc call, so errno is kept.
 */
bool thread_start(void (*function)(void *argument), void *argument, void *stack, uint32_t *alive,
                  enum thread_table table);

/*
 * Waits until a thread that has ended (*alive is 0) is also gone for the kernel,
 * which clears *alive a little before: unshare(2) and setns(2) count threads. No libc.
 */
void thread_wait_gone(uint32_t thread);

/* Waits until *alive is 0, but no longer than `ms`; whether it is. No libc. */
bool thread_wait(const uint32_t *alive, int64_t ms);

#endif
