/* Asks the kernel about a socket, through a handle (a descriptor of the calling thread's own table). */
#ifndef WAITCLOSE_PROBE_H
#define WAITCLOSE_PROBE_H

#include <stddef.h>

#include "facts.h"

/*
 * SO_COOKIE, or 0 when the handle is not a socket, is closed, or the kernel does
 * not say. Watcher, or a thread at the program's exit. No libc.
 */
uint64_t probe_cookie(int handle);

/* Whether the handle is a TCP socket (IPv4 or IPv6). */
bool probe_is_tcp(int handle);

/*
 * Fills in everything. False: not a TCP socket any more, or replaced by another
 * while it was being asked (the cookie is compared before and after, because in
 * a shared table the handle is the program's own number).
 * Changes nothing about the socket: SO_ERROR, for one, is never asked, for
 * reading it takes the error away from the program.
 */
bool probe(int handle, struct facts *facts);

/*
 * Fills in what struct tcp_info tells, which sock_diag(7) gives of a socket that
 * one has no handle on: state, ages, counters, direction. send_q must be known.
 */
void probe_info(struct facts *facts, const void *bytes, size_t size);

/* The same of what tells whether it is alive: cookie, state, ages and send_q. */
bool probe_life(int handle, struct facts *facts);

#endif
