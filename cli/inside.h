/*
 * What the library keeps in a process, copied from its memory (waitclose/status.h):
 * checked, for the process changes under our eyes and may be up to anything.
 */
#ifndef WAITCLOSE_CLI_INSIDE_H
#define WAITCLOSE_CLI_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "hints.h"
#include "life.h"
#include "report.h"
#include "sockets.h"
#include "waitclose/policy.h"
#include "waitclose/status.h"

enum inside_answer {
    INSIDE_READ,
    INSIDE_NOT_WRAPPED, /* the library is not in it, or it has ended */
    INSIDE_STARTING,    /* it is, and has not begun */
    INSIDE_HIDDEN,      /* whether it is cannot be told: we may not look */
    INSIDE_UNREADABLE,  /* it is, and cannot be read: `why` */
};

/* Arrays by number, in the other process. */
struct by_number {
    uintptr_t start;
    uint32_t capacity;
};

struct inside {
    pid_t thread;  /* through which the memory is read: the main one, unless that has ended */
    char why[160]; /* it could not be read; otherwise "" */
    struct policy *policy;
    bool aside; /* WAITCLOSE=off, or a policy that is wrong: nothing else is kept */
    enum life_state state;
    bool watching; /* the watcher has begun: there is a tally, and there may be suspects */
    uint32_t born; /* sockets born through a hook */
    struct tally tally;
    struct suspect *suspects; /* by cookie */
    size_t suspect_count;
    struct by_number hints, marks, cookies, generations;
};

/* To be ended in any case. */
enum inside_answer inside_read(struct inside *inside, pid_t process);

void inside_end(struct inside *inside);

/* NULL: the watcher knows of nothing that would be wrong with it. */
const struct suspect *inside_suspect(const struct inside *inside, uint64_t cookie);

/* The cookie of the socket that the watcher has last seen under a number; 0: none. */
uint64_t inside_cookie(const struct inside *inside, int number);

/*
 * What hooks have noted under this number about the socket with this cookie.
 * Empty where nothing is: then false.
 */
bool inside_hint(const struct inside *inside, int number, uint64_t cookie, struct hint_copy *hint);

#endif
