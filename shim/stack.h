/* The frames above a socket's creation. */
#ifndef WAITCLOSE_STACK_H
#define WAITCLOSE_STACK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether this libc can walk a stack (glibc and its backtrace(3); musl has none).
 * Constructor only: the first walk loads the unwinder and allocates, which a hook must not.
 */
bool stack_ready(void);

/*
 * Keeps up to `depth` return addresses, the caller of the hook first (its address
 * is `site`); a 0 ends a shorter stack. Hooks only, after stack_ready.
 */
void stack_capture(uintptr_t *frames, unsigned depth, uintptr_t site);

#endif
