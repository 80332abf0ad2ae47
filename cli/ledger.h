/*
 * What became of every leak: events go in, groups of leaks come out. Pure.
 *
 * Kept are the groups, and the sockets that were reported and that nothing says are
 * closed: so memory grows with those, and not with the events.
 */
#ifndef WAITCLOSE_CLI_LEDGER_H
#define WAITCLOSE_CLI_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "group.h"

struct ledger {
    enum dimension by;
    struct group *groups;
    size_t group_count;
    struct counts total;
    int64_t first, last; /* of all events; -1: the logs do not tell */
    uint64_t events, torn, backlog, limit;
    uint64_t lost;                                 /* events that could not be written */
    uint64_t early;                                /* ends of leaks that were not open here */
    void *group_tree, *process_tree, *socket_tree; /* tsearch(3) */
};

void ledger_open(struct ledger *ledger, enum dimension by);

/* Events of one process must come in their order. */
void ledger_take(struct ledger *ledger, const struct event *event);

void ledger_close(struct ledger *ledger);

#endif
