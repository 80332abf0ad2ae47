/*
 * Listeners: an accept queue that is full, or holds connections whose peers have
 * gone. Such connections have no descriptor, so only the kernel's own list (sock_diag(7)) shows them.
 * Watcher; no libc.
 */
#ifndef WAITCLOSE_BACKLOG_H
#define WAITCLOSE_BACKLOG_H

#include <stdint.h>

#include "facts.h"
#include "room.h"
#include "waitclose/policy.h"

void backlog_enter(const struct room *room);

/* A listener that was met. */
void backlog_add(int number, uint64_t cookie);

/* Looks at every listener. A peer that left while it waited counts as gone after the policy's grace. */
void backlog_look(const struct policy *policy);

#endif
