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
#include "watcher.h"

/*
 * anew: in a process where it has not been (see room.h). What takes long to read, on a machine with
 * millions of descriptors, is broken off when an order waits in `talk`.
 */
void others_enter(const struct room *room, bool anew, const struct talk *talk);

/* What was read may be out of date: read again when next asked. */
void others_forget(void);

/*
 * For whoever wants to act on it: reads again if need be. 0: what others_hold says holds now.
 * -EAGAIN: /proc was read too short a while ago to be read again, or not to its end; another error: it
 * cannot be read, or (EACCES) a process that may have inherited sockets from us, or we from it, cannot be
 * looked at.
 */
long others_certain(void);

/* Whether another process that we may look at holds the socket with this inode number. */
bool others_hold(uint64_t inode);

#endif
