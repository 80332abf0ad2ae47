/*
 * A process that runs under the library: what the kernel knows of its sockets,
 * and what only the library does, put together and judged as the library would at this moment.
 */
#ifndef WAITCLOSE_CLI_WRAPPED_H
#define WAITCLOSE_CLI_WRAPPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "facts.h"
#include "inside.h"
#include "process.h"
#include "site.h"
#include "socket_list.h"
#include "socket_text.h"

/* The first goes first where they are listed. */
enum trouble {
    TROUBLE_LEAK,
    TROUBLE_YOUNG, /* its peer has gone, and it is no leak yet */
    TROUBLE_ENDED, /* we have ended it, and the program still holds the number */
    TROUBLE_NONE,
};

struct held {
    struct facts facts;
    bool asked; /* the facts are the kernel's; otherwise it is in CLOSE, and what is known is the library's */
    int fds[FDS_MAX]; /* the first of its numbers */
    size_t fd_count;
    struct hint_copy hint;
    struct told told;
    const struct suspect *suspect; /* NULL: the watcher has no suspicion */
    enum trouble trouble;
    enum cause cause; /* CAUSE_NONE for TROUBLE_NONE */
    enum direction direction;
    int64_t open, fin, idle; /* ms; less than 0: not known, or there is no such thing */
    char site[SITE_NAME_MAX], reader[SITE_NAME_MAX]; /* "": not known */
};

struct wrapped {
    struct process process;
    struct inside inside;
    struct held *sockets; /* in the order of trouble */
    size_t count, room;
    bool hidden;      /* we may not look at its descriptors */
    size_t undecided; /* sockets in CLOSE that may be leaks, and that we may not ask */
    unsigned by_state[TCP_STATES];
    size_t leaks, by_cause[CAUSES];
    int64_t
        oldest; /* ms since the peer's end came, of the leak that is the oldest; less than 0: there is none */
};

/* To be ended in any case. Without INSIDE_READ there is no more than the process and the reason. */
enum inside_answer wrapped_read(struct wrapped *wrapped, pid_t pid, struct socket_list *list);

void wrapped_end(struct wrapped *wrapped);

/* What the watcher does: "on", "paused", or why there is none. */
const char *wrapped_watcher(const struct wrapped *wrapped);

/* What was done to a socket: "close", or "fin: EPERM"; a new string, or NULL where nothing was. */
char *wrapped_action(const struct held *held);

/*
 * The settings that are not the defaults, as they would be written: "grace=2s
 * [port=6379] action=close". A new string; "" where all is as it is without any.
 */
char *wrapped_policy(const struct wrapped *wrapped);

/* One JSON object. */
void wrapped_print_json(const struct wrapped *wrapped, bool sockets, FILE *out);

#endif
