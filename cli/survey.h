/* One look at the machine: the sockets whose connection the peer has ended, who holds them, and which are
 * leaks. */
#ifndef WAITCLOSE_CLI_SURVEY_H
#define WAITCLOSE_CLI_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "facts.h"
#include "process.h"
#include "socket_list.h"
#include "waitclose/policy.h"

enum { FDS_MAX = 8 };

/* A socket in CLOSE_WAIT, or one in CLOSE that was connected, as one process holds it. */
struct finding {
    struct facts facts;
    int fds[FDS_MAX]; /* the first of the numbers that it has in the process */
    size_t fd_count;  /* how many it has; 0: nobody that we see holds it */
    bool asked;       /* the facts come through a handle, and tell what the unread bytes are */
    bool shared;      /* another process holds it too */
    bool leak;        /* by the policy's patience */
    int64_t age;      /* ms since the peer's end came; in CLOSE it may have come later, but not earlier */
    enum cause cause;
    enum direction direction;
};

enum group_kind {
    GROUP_HELD,   /* by a process */
    GROUP_QUEUED, /* in a listener's accept queue: no process has them yet */
    GROUP_UNSEEN, /* by somebody that we do not see */
};

struct group {
    enum group_kind kind;
    /* The holder; of a queue the listener's, pid 0 where it is not seen; of the unseen no more than the user.
     */
    struct process process;
    struct facts listener;    /* GROUP_QUEUED; state 0 where it is gone */
    struct finding *findings; /* leaks first, then the oldest */
    size_t count, room;
    size_t leaks;
};

struct survey {
    unsigned by_state[TCP_STATES];
    struct group *groups; /* the one with the most leaks first */
    size_t count, room;
    size_t leaks;
    size_t unseen;       /* sockets in CLOSE_WAIT whose holder is not seen */
    size_t closed_to_us; /* see holders.h */
    size_t undecided;
};

/* Returns the exit status, after a complaint where that is not 0. To be ended in any case. */
int survey_take(struct survey *survey, const struct policy *policy);

void survey_end(struct survey *survey);

/* What part of a machine's sockets we could not see for want of rights; a new string, or NULL. */
char *survey_shortcomings(const struct survey *survey);

/* Counts, then a table. rows: how many of each group, and then how many more there are; 0: all. */
void survey_print(const struct survey *survey, FILE *out, size_t rows);

/* One JSON document, on one line. */
void survey_print_json(const struct survey *survey, FILE *out);

#endif
