/* One line of an event log, text or JSON, as the library writes them (waitclose(7), EVENTS). Pure. */
#ifndef WAITCLOSE_CLI_EVENT_H
#define WAITCLOSE_CLI_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The library writes no more than PIPE_BUF; what passed a log on may have spelt it longer. */
enum { EVENT_LINE_MAX = 16 * 1024 };

enum event_kind {
    EVENT_NONE, /* another program's line, in a log that is shared */
    EVENT_TORN, /* the beginning of an event, and not its end */
    EVENT_LEAK,
    EVENT_ACTION,
    EVENT_HEALED,
    EVENT_BACKLOG,
    EVENT_LIMIT,
    EVENT_SUMMARY,
};

/* Words are decoded, stand in the line that they were read from, and are "" where it has none. */
struct event {
    enum event_kind kind;
    int64_t time; /* ms since 1970; -1: the line does not tell, as in text */
    uint64_t pid, cookie;
    uint64_t acted, lost; /* of a summary; acted is UINT64_MAX where the line has none */
    const char *exe, *cause, *direction, *peer, *site, *reader;
    const char *site_build; /* the build-id of the module that site lies in */
    const char *stack;      /* the innermost frame first, newlines between them */
    const char *action, *result;
    const char *signal; /* of a limit: the one that the process was sent, or "none" */
    bool dead_on_accept, shared;
};

/* Reads a line, which it overwrites: line[length], the newline's place, is written too. Returns the kind. */
enum event_kind event_read(struct event *event, char *line, size_t length);

#endif
