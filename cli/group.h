/* Leaks that have something in common: how many, what became of them, and what else they have in common.
 * Pure. */
#ifndef WAITCLOSE_CLI_GROUP_H
#define WAITCLOSE_CLI_GROUP_H

#include <stdint.h>

#include "event.h"
#include "tally.h"

/* What leaks can have in common; by the first few they can be grouped. */
enum dimension { BY_SITE, BY_CAUSE, BY_PEER, BY_EXE, GROUPINGS, BY_READER = GROUPINGS, BY_STACK, DIMENSIONS };

/* leaks is the sum of what became of them. */
struct counts {
    uint64_t leaks;
    uint64_t open;   /* nothing says that they ended */
    uint64_t healed; /* the program closed the socket, or came to use it again */
    uint64_t acted;  /* the policy ended the connection */
    uint64_t exited; /* held until the process ended, or was sent the signal of limit= */
    uint64_t failed; /* actions that did not succeed, on any of these */
};

struct group {
    char *name;  /* what they have in common; "" where that is not known */
    char *build; /* and of what build that code is; likewise */
    struct counts counts;
    int64_t first, last; /* when they were reported, in ms since 1970; -1: the logs do not tell */
    uint64_t dead_on_accept, shared;
    struct tally parts[DIMENSIONS];
    struct group *next;
};

enum { GROUP_NAME_MAX = EVENT_LINE_MAX + 1 };

/* The name of the group that a leak belongs to. */
const char *group_name(const struct event *leak, enum dimension by, char room[GROUP_NAME_MAX]);

/* And its build; "" where that is not known, or where leaks are not grouped by code. */
const char *group_build(const struct event *leak, enum dimension by);

struct group *group_new(const char *name, const char *build);

/* Counts a leak, but for what becomes of it. */
void group_add(struct group *group, const struct event *leak);

/* The leaks that the program did not end by itself. */
uint64_t counts_unhealed(const struct counts *counts);

/* The worst first, from a list of so many; a new array with NULL at its end. */
const struct group **groups_ranked(const struct group *groups, size_t count);

void group_free(struct group *group);

#endif
