/*
 * A program may end thread by thread, with bare exit(2)s that libc never hears
 * of (seccomp's strict mode leaves nothing else). Then only our threads keep the process.
 */
#ifndef WAITCLOSE_ALONE_H
#define WAITCLOSE_ALONE_H

#include "room.h"

#define ALONE_THREAD_NAME "waitclose" /* of all threads of ours, as top -H and ps -L show it */

/* Where no thread but ours is left: ends ours, with the main thread's status. Watcher; no libc. */
void alone_end(const struct room *room);

#endif
