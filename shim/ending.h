/*
 * Ends what leaked, and sends heartbeats, where the policy says so: once a tick, all of them together.
 * For each a handle is taken, its cookie compared, and everything asked and
 * judged once more on that handle. Watcher only; no libc.
 */
#ifndef WAITCLOSE_ENDING_H
#define WAITCLOSE_ENDING_H

#include "sockets.h"

/* Every suspect that is in SUSPECT_TO_END, or has a heartbeat due; and numbers whose time has come to be
 * given back. */
void ending_do(void);

/* What the program's own threads have settled since, before anything else is looked at in a tick. */
void ending_take_settled(void);

/* Nothing was done yet: in a new process. */
void ending_open(void);

/* Takes back what settle.c was asked to do to it. False: it is done, or just being done. */
bool ending_withdraw(struct suspect *suspect);

/* Its number holds it no longer. True: by our doing, so there is nothing to say of the program. */
bool ending_lost(struct suspect *suspect);

#endif
