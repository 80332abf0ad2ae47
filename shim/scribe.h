/*
 * A helper for the watcher that stands in the program's table: a second bare
 * thread, with an empty table of its own, for what must open descriptors (the log, netlink,
 * /proc). It starts with the first errand. Watcher only; no libc.
 */
#ifndef WAITCLOSE_SCRIBE_H
#define WAITCLOSE_SCRIBE_H

#include <stdbool.h>

/* In a new watcher: there is no helper yet, whatever a forked parent had. */
void scribe_forget(void);

/* Has function(argument, true) done, and waits for it. False: there is no helper to be had. */
bool scribe_do(void (*function)(void *argument, bool keeps), void *argument);

/* Whether there is one by now. */
bool scribe_present(void);

/* Ends the helper, and waits for its end. */
void scribe_dismiss(void);

#endif
