/* Descriptor tables: leaving the program's for an empty one. Watcher and its helper; no libc. */
#ifndef WAITCLOSE_TABLE_H
#define WAITCLOSE_TABLE_H

#include <stdbool.h>

/*
 * The calling thread, which shares the program's table, gets one of its own with
 * nothing in it. Nothing of the program's is held on the way where the kernel has
 * CLOSE_RANGE_UNSHARE (5.9), which copies only what it does not close. False: it still shares.
 */
bool table_leave(void);

#endif
