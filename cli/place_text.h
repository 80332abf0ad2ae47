/* Places in code and moments, as a report shows them. */
#ifndef WAITCLOSE_CLI_PLACE_TEXT_H
#define WAITCLOSE_CLI_PLACE_TEXT_H

#include <stdint.h>

#include "symbols.h"
#include "tally.h"

/* A frame of a stack; innermost: its first, which is the site. */
struct tally_entry place_of_frame(const struct tally_entry *stack, const char *innermost, char *name);

/* The others return new strings. */

/* For a column: "serve (server.c:88)", "serve (server)", "server+0x1234", or "(not seen)". */
char *place_short(struct symbols *symbols, const struct tally_entry *place);

/* "serve at src/server.c:88, server+0x1234". */
char *place_long(struct symbols *symbols, const struct tally_entry *place);

/* 2026-01-31T09:00:00Z, or "?". */
char *time_text(int64_t ms);

#endif
