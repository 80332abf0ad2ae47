/* limit=: too many leaks at once are reported, and the process may get a signal. Watcher only; no libc. */
#ifndef WAITCLOSE_LIMIT_H
#define WAITCLOSE_LIMIT_H

#include "waitclose/policy.h"

/* Nothing was reached yet: in a new process. */
void limit_open(void);

/* Counts what leaks now and we have not ended. Speaks once, until there are fewer again. */
void limit_look(const struct process_policy *policy);

#endif
