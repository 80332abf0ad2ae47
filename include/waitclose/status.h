/*
 * What the library shows of itself to `waitclose status`, which reads it from
 * outside, with process_vm_readv(2): one constant, exported as waitclose_status, that
 * tells where in memory lies what the library keeps anyway. The loader fills in
 * its addresses; nothing is written for it, and nobody in the process reads it.
 *
 * A reader first compares the head, then every size; one difference, and it is
 * another version's. What it then reads may change under its eyes, and was
 * written by a process that may be up to anything: no length, no number and no
 * pointer of it is to be trusted.
 */
#ifndef WAITCLOSE_STATUS_H
#define WAITCLOSE_STATUS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define STATUS_SYMBOL "waitclose_status"
#define STATUS_MAGIC  "waitclos"

/* One more with each change of what is reached from here that leaves all sizes as they are. */
enum { STATUS_LAYOUT = 1 };

/* The same in all versions to come. */
struct status_head {
    char magic[8];    /* without an end */
    uint32_t layout;  /* STATUS_LAYOUT */
    uint32_t size;    /* of struct status */
    char version[16]; /* the library's: "0.1.0" */
};

struct status_sizes {
    uint32_t policy, talk, hint, suspect, tally;
};

/*
 * Whatever is allocated is reached through the library's own variable that
 * points to it: NULL until there is any.
 */
struct status_life {
    const bool *loaded;              /* what the library is to do here has been decided */
    const struct policy *policy;     /* in force in this program */
    _Atomic uint32_t *const *state;  /* enum life_state; NULL: the library stands aside */
    const struct talk *const *talk;  /* ->watching: what the watcher keeps is valid (shim/watcher.h) */
    _Atomic uint32_t *const *births; /* sockets born through a hook */
};

/* By number (shim/hints.h). */
struct status_hints {
    struct hint *const *records;
    _Atomic uint8_t *const *marks; /* enum mark */
    const unsigned *capacity;      /* how many of each */
};

/* What the watcher keeps (shim/sockets.h). */
struct status_sockets {
    uint64_t *const *cookies;     /* by number: of the socket last seen there */
    uint32_t *const *generations; /* by number: the hint's at that time */
    const unsigned *capacity;     /* how many of each */
    struct suspect *const *suspects;
    const uint32_t *suspects_end; /* one above the last of them */
};

struct status {
    struct status_head head;
    struct status_sizes sizes;
    const struct status_life *life;
    const struct status_hints *hints;
    const struct status_sockets *sockets;
    const struct tally *tally; /* since the watcher began (shim/report.h) */
};

extern const struct status waitclose_status;

#endif
