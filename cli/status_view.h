/* What `waitclose status` shows: every wrapped process in a line, or one of them socket by socket. */
#ifndef WAITCLOSE_CLI_STATUS_VIEW_H
#define WAITCLOSE_CLI_STATUS_VIEW_H

#include <stddef.h>
#include <stdio.h>

#include "wrapped.h"

/* One line each. Those that could not be read say why. */
void status_print_list(const struct wrapped *processes, size_t count, FILE *out);

/* What it is, then a table of its sockets; on a terminal too narrow for one line each, in two. */
void status_print_sockets(const struct wrapped *process, FILE *out);

/* "CLOSE_WAIT 3 ESTABLISHED 55", or "-". A new string. */
char *status_states(const struct wrapped *process);

#endif
