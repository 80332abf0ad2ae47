/*
 * heartbeat=: a text on connections that have been quiet for so long, all that are due
 * in a tick together. Watcher only; no libc.
 */
#ifndef WAITCLOSE_HEARTBEAT_H
#define WAITCLOSE_HEARTBEAT_H

/* Within a visit of the room's: sends it on each suspect on which one is due, asked once more. */
void heartbeat_send(void);

/* Afterwards. certain: 0, or why nothing could be sent (others_certain). */
void heartbeat_take(long certain);

#endif
