/* The TCP sockets among one process's descriptors, and what the kernel says of each. */
#ifndef WAITCLOSE_CLI_DESCRIPTORS_H
#define WAITCLOSE_CLI_DESCRIPTORS_H

#include <stdbool.h>
#include <sys/types.h>

#include "facts.h"
#include "socket_list.h"

struct descriptor {
    int fd;
    struct listed *listed; /* NULL: it stands in no list of ours */
    struct facts facts;
    bool asked;   /* the facts come through a handle, and so are complete */
    bool refused; /* it is in no list and we may not ask it (pidfd_getfd(2)): there are no facts */
};

/*
 * Calls `each` for every one, but for those in no list unless `unlisted`. False, with
 * errno set: we may not look at its descriptors. `thread`: of the process; see thread_of.h.
 */
bool descriptors_visit(pid_t thread, struct socket_list *list, bool unlisted,
                       void (*each)(const struct descriptor *descriptor, void *context), void *context);

/* Whether it is in our network namespace: its sockets are listed, but for those in CLOSE. */
bool descriptors_are_listed(pid_t thread);

#endif
