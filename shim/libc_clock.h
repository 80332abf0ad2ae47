/*
 * libc's own clock_gettime. Before it may stand another library's, with a time of its making, and with locks,
 * as libfaketime's: nothing for hooks, and ages would not be true.
 */
#ifndef WAITCLOSE_LIBC_CLOCK_H
#define WAITCLOSE_LIBC_CLOCK_H

#include <time.h>

extern int (*libc_clock)(clockid_t clock, struct timespec *now) __attribute__((visibility("hidden")));

/* Constructor only. */
void libc_clock_find(void);

#endif
