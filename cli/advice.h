/* What a cause means, and what is to be done about it. */
#ifndef WAITCLOSE_CLI_ADVICE_H
#define WAITCLOSE_CLI_ADVICE_H

struct advice {
    const char *cause;   /* NULL at the end of the list */
    const char *meaning; /* a sentence or two, with newlines so that lines are short */
    const char *remedy;
};

/* NULL for a cause that has come up since. */
const struct advice *advice_find(const char *cause);

#endif
