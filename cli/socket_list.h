/* Every TCP socket of our network namespace, as sock_diag(7) lists them: one dump for each family. */
#ifndef WAITCLOSE_CLI_SOCKET_LIST_H
#define WAITCLOSE_CLI_SOCKET_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "facts.h"

enum { TCP_STATES = STATE_CLOSING + 1 };

struct listed {
    struct facts facts; /* but for what takes a handle: a pending error, and what the unread bytes are */
    uid_t uid;          /* whoever made the socket */
    bool held;          /* by a process that we see; for whoever looks to note */
};

struct socket_list {
    struct listed *sockets; /* in the order of their inodes; not those of TIME_WAIT, which nobody can hold */
    size_t count, room;
    unsigned by_state[TCP_STATES]; /* all of them */
};

/* Returns the exit status, after a complaint where that is not 0. To be ended in any case. */
int socket_list_read(struct socket_list *list);

/* NULL where no listed socket has this inode. */
struct listed *socket_list_find(const struct socket_list *list, uint64_t inode);

void socket_list_end(struct socket_list *list);

#endif
