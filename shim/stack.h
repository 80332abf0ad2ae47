/* The frames above a socket's creation. */
#ifndef WAITCLOSE_STACK_H
#define WAITCLOSE_STACK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether a stack can be walked here: with libgcc_s.so.1, which is loaded for it.
 * Constructor only: it allocates, which a hook must not.
 */
bool stack_ready(void);

/* After that. False: no memory. */
bool stack_open(void);

/*
 * Keeps up to `most` return addresses, the caller of the hook first (its address
 * is `site`); a 0 ends a shorter stack. Hooks only, after stack_open.
 */
void stack_capture(uintptr_t *frames, unsigned most, uintptr_t site);

#endif
