/* How often each of many names came; of code in a module, from each build. Pure. */
#ifndef WAITCLOSE_CLI_TALLY_H
#define WAITCLOSE_CLI_TALLY_H

#include <stddef.h>
#include <stdint.h>

/* The clients of a busy server have no end; beyond so many names, new ones are counted together. */
enum { TALLY_MAX = 1000 };

struct tally_entry {
    char *name;
    char *build; /* "" where it is not known, or the name is not one of code */
    uint64_t count;
    uint64_t pid;  /* of the process that it came from last */
    int64_t first; /* when it came first, in ms since 1970; -1: not known */
    struct tally_entry *next;
};

struct tally {
    void *tree; /* tsearch(3) */
    struct tally_entry *entries;
    size_t count;
    uint64_t others;
};

void tally_add(struct tally *tally, const char *name, const char *build, uint64_t pid, int64_t time);

/* The most frequent first; a new array with NULL at its end. */
const struct tally_entry **tally_sorted(const struct tally *tally);

void tally_free(struct tally *tally);

#endif
