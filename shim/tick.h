/*
 * What the watcher does each interval, and at the end: whom to look at, and in
 * which order. Watcher only; no libc.
 */
#ifndef WAITCLOSE_TICK_H
#define WAITCLOSE_TICK_H

/* Nothing was heard of any socket yet: in a new process. */
void tick_open(void);

void tick(void);

/*
 * The last look: everything once, also what is not due; what the log refuses is offered again for a
 * while. And the summary.
 */
void tick_last(void);

#endif
