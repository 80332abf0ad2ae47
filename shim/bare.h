/*
 * What the watcher needs of libc's plainest part, without libc.
 *
 * The library carries its own mem* and strlen, hidden (bare_mem.c): gcc may call them for
 * any struct copy, and libc's could be a sanitizer's interceptor that wants
 * thread-local storage, which the watcher has not got.
 * Everything here is callable from anywhere.
 */
#ifndef WAITCLOSE_BARE_H
#define WAITCLOSE_BARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Anonymous private memory, zero, not reserved, not inherited by fork where `inherit` is false;
 * NULL when there is none.
 */
void *bare_memory(size_t size, bool inherit);
void bare_memory_free(void *memory, size_t size);
/* Moves if it must; NULL (and the old block as it was) when there is no room. */
void *bare_memory_grow(void *memory, size_t old_size, size_t new_size);

/* CLOCK_MONOTONIC and CLOCK_REALTIME in milliseconds. */
int64_t bare_now(void);
int64_t bare_wall_clock(void);

/* What the calling thread has used of a processor, in microseconds. */
int64_t bare_processor_time(void);

/* This process's number; 0 where a filter denies even getpid(2): as an argument it must never reach kill(2).
 */
int bare_process(void);

/*
 * Sleeps until *word is no longer `value`, a wake-up, or `ms` milliseconds have passed.
 * Not a private futex: the kernel's wake-up at a thread's end (CLONE_CHILD_CLEARTID) is not one either.
 */
void bare_wait(const uint32_t *word, uint32_t value, int64_t ms);
void bare_wake(const uint32_t *word);

#endif
