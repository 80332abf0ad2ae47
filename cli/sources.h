/*
 * The sources of a policy, and the one text they make together.
 *
 * The library reads nothing but WAITCLOSE, so what -f, -o and -l give is put
 * there, behind what was inherited. What is checked is what the library will read.
 */
#ifndef WAITCLOSE_CLI_SOURCES_H
#define WAITCLOSE_CLI_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

#include "waitclose/policy.h"

struct sources {
    const char *file;     /* -f, or NULL */
    const char **options; /* each -o, in the order given */
    size_t option_count;
    const char *log; /* -l, or NULL */
};

/* Makes room for as many -o as a command line of so many words may hold. */
void sources_start(struct sources *sources, int count);

void sources_end(struct sources *sources);

/*
 * Takes what getopt_long returned: 'o', 'f' or 'l' with its value.
 * Anything else it complains about; returns the exit status.
 */
int sources_take(struct sources *sources, int option, const char *value, char **arguments);

/*
 * Reads WAITCLOSE and every source, in the order in which they go there.
 * *whole: a new string, what WAITCLOSE is to hold; or NULL where it stays as it is.
 * Returns the exit status, after a complaint where that is not 0.
 */
int sources_read(const struct sources *sources, struct policy *policy, char **whole);

#endif
