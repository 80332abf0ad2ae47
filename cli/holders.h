/* Who holds which socket: one pass over the descriptors of every process that we may look into. */
#ifndef WAITCLOSE_CLI_HOLDERS_H
#define WAITCLOSE_CLI_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "facts.h"
#include "socket_list.h"

/* A descriptor that stands for a listener, or for a socket whose connection has been ended. */
struct holder {
    pid_t pid;
    int fd;
    bool asked; /* the facts come through a handle, and so are complete */
    struct facts facts;
};

struct holders {
    struct holder *items; /* by process */
    size_t count, room;
    size_t closed_to_us; /* processes whose descriptors we may not read */
    /*
     * Sockets in CLOSE stand in no list, nor do those that were never connected.
     * These are of one kind or the other, but we may not ask them (pidfd_getfd(2)).
     */
    size_t undecided;
};

/* Notes in the list which of its sockets are held. To be ended in any case. */
void holders_find(struct holders *holders, struct socket_list *list);

void holders_end(struct holders *holders);

#endif
