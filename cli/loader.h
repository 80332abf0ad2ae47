/* Asks a program's loader what it would load. */
#ifndef WAITCLOSE_CLI_LOADER_H
#define WAITCLOSE_CLI_LOADER_H

enum loader_verdict {
    LOADER_PRELOADS, /* the library is among what it lists */
    LOADER_REFUSES,  /* it loads the program, but not the library with it */
    LOADER_FAILS,    /* it does not load the program */
    LOADER_MISSING,  /* it cannot be run itself */
};

struct loader_answer {
    enum loader_verdict verdict;
    int error;       /* LOADER_MISSING: why */
    char words[512]; /* a line of its own, the one that matters most; may be empty */
};

/*
 * Has the loader list what it would load for the program, with the LD_PRELOAD
 * of our own environment. Nothing of the program itself is run.
 */
struct loader_answer loader_ask(const char *loader, const char *program, const char *library);

#endif
