/*
 * The calls that are measured, each by its name: `call` makes one, on the ends of the kind that was taken
 * last.
 */
#ifndef BENCH_KINDS_H
#define BENCH_KINDS_H

#include <stdbool.h>

enum { BATCH_MAX = 256 };

struct kind {
    const char *name;
    void (*open)(int ends[2]);
    void (*call)(void);
    enum { MOVES_NOTHING, TAKES, GIVES } moves; /* a byte a call */
    int batch;                                  /* as many calls can be made between two kind_prepare */
    int ends[2];
};

/* Opens its ends the first time. Ends the program with a message when there is none of this name. */
const struct kind *kind_take(const char *name);

/* There is something for each call of the next batch to take, and room for what it gives. */
void kind_prepare(const struct kind *kind);

/* Two ends of a loopback connection: who connected, who accepted. */
void connect_pair(int ends[2]);

/* In shared_ptr.cc. */
void call_shared_ptr(void);

_Noreturn void give_up(const char *what);

#endif
