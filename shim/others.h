/*
 * Which sockets other processes hold as well: forked children, parents, whoever
 * received a descriptor. The kernel keeps no count that can be asked for, so /proc is read,
 * once for all leaks of a tick, and only in a process that has forked or was born with sockets.
 * Watcher; no libc.
 */
#ifndef WAITCLOSE_OTHERS_H
#define WAITCLOSE_OTHERS_H

#include <stdbool.h>
#include <stdint.h>

#include "room.h"

/* anew: in a process where it has not been (see room.h). */
void others_enter(const struct room *room, bool anew);

/* What was read may be out of date: read again when next asked. */
void others_forget(void);

/* Whether another process that we may look at holds the socket with this inode number. */
bool others_hold(uint64_t inode);

#endif
