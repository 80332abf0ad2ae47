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

/*
 * Starts function(argument) on a thread with all signals blocked, in the
 * program's descriptor table. *alive becomes the thread's id, and 0
 * (with a futex wake) when it has ended. stack: THREAD_STACK bytes, free again when *alive is 0.
 * False: no thread to be had. Any thread; makes no libc call, so errno is kept.
 */
bool thread_start(void (*function)(void *argument), void *argument, void *stack, uint32_t *alive);

/*
 * Waits until a thread that has ended (*alive is 0) is also gone for the kernel,
 * which clears *alive a little before: unshare(2) and setns(2) count threads. No libc.
 */
void thread_wait_gone(uint32_t thread);

/* Waits until *alive is 0, but no longer than `ms`; whether it is. No libc. */
bool thread_wait(const uint32_t *alive, int64_t ms);

#endif
