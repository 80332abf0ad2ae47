/*
 * From module+offset to function, file and line, through elfutils' libdw.
 *
 * Where an event tells which build of a module ran, only a file of that build is used. Where it does not,
 * whatever is found here comes with how sure it is, and where the file holds no call at such a place
 * there is no symbol at all.
 */
#ifndef WAITCLOSE_CLI_SYMBOLS_H
#define WAITCLOSE_CLI_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "modules.h"

/* One file, and what is known of its being what ran. */
struct symbol_file {
    const char *module; /* its name in the events, */
    const char *build;  /* and its build-id; "": they do not tell */
    const char *path;   /* NULL: not found */
    enum module_origin origin;
    bool timed;          /* MODULE_NAMED: every event that was looked up told its time; */
    bool changed;        /* and the file has changed after one of them */
    bool mismatched;     /* it is of another build, or has no call where an event says that one was */
    const char *trouble; /* why it cannot be read, or NULL */
    struct symbol_file *next;
};

/* What is at a place. What is not known is NULL. */
struct symbol {
    char *function;
    char *within; /* the function that it has been inlined into */
    char *source; /* a file */
    int line;
    bool doubtful; /* the file may be of another build */
};

struct symbols;

struct symbols *symbols_open(char *const *directories, size_t count);

/* site, build: as in the events. time: when it was reported first, in ms since 1970, or -1. */
struct symbol symbols_find(struct symbols *symbols, const char *site, const char *build, uint64_t pid,
                           int64_t time);

void symbol_free(struct symbol *symbol);

/* Every file that was asked for so far. */
const struct symbol_file *symbols_files(const struct symbols *symbols);

void symbols_close(struct symbols *symbols);

#endif
