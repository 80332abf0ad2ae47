/* Whose accept queue a connection waits in. Pure. */
#ifndef WAITCLOSE_CLI_ACCEPT_QUEUE_H
#define WAITCLOSE_CLI_ACCEPT_QUEUE_H

#include <stddef.h>

#include "facts.h"

/*
 * The listener that has accepted for this address, or NULL: the address itself
 * goes before a wildcard. Of several at one address (SO_REUSEPORT) the kernel does
 * not tell which, so it is the first of those whose queue is not empty.
 */
const struct facts *accept_queue_find(const struct facts *listeners, size_t count,
                                      const struct address *local);

#endif
