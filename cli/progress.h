/* A bar on stderr, where that is a terminal, while something takes long. */
#ifndef WAITCLOSE_CLI_PROGRESS_H
#define WAITCLOSE_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown, wanted;
    int64_t next; /* when it is to be drawn again, in ms */
};

struct progress progress_start(void);

/* Whether it is time to draw: so that what it shows is counted only then. */
bool progress_is_due(struct progress *progress);

/* total: 0 where it is not known. */
void progress_draw(struct progress *progress, uint64_t done, uint64_t total, uint64_t events);

/* Leaves the line as if there had been none. */
void progress_end(struct progress *progress);

#endif
