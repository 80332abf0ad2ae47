/* Where events go. The only part that writes. Watcher, or a thread at the program's exit. No libc. */
#ifndef WAITCLOSE_LOG_H
#define WAITCLOSE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "room.h"
#include "waitclose/policy.h"

enum log_result {
    LOG_WRITTEN,
    LOG_BUSY, /* the reader of a pipe does not keep up: offer the line again later */
    LOG_LOST, /* it cannot be written: disk full, stderr closed, ... */
};

/*
 * Constructor only, before anybody can have replaced stderr: remembers which file
 * it is, and the log's path with %p and %e filled in; a relative path is taken
 * from the working directory of now.
 */
void log_open(const struct process_policy *policy, const char *program);

/* In a new process or thread of the watcher: nothing is open yet, and %p may have changed. */
void log_enter(const struct room *room);

/* Opens now what would be opened at the first line, where it is kept open. */
void log_prepare(void);

/* Writes one line, as one write. */
enum log_result log_write(const char *text, size_t size);

#endif
