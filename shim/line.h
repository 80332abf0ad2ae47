/*
 * One event line, in text (logfmt) or JSON: key by key, never longer than one
 * atomic write to a pipe. What comes from outside is escaped. No libc.
 */
#ifndef WAITCLOSE_LINE_H
#define WAITCLOSE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "waitclose/address.h"
#include "waitclose/policy.h"

enum {
    LINE_MAX =
        4096, /* PIPE_BUF: pipe(7), "POSIX.1 says that writes of less than PIPE_BUF bytes must be atomic" */
    LINE_ADDRESS_MAX = 56,
};

struct line {
    enum log_format format;
    bool full; /* something did not fit and was left out */
    size_t length;
    char text[LINE_MAX];
};

/* wall_clock: ms since 1970, for JSON's "time". */
void line_begin(struct line *line, enum log_format format, const char *event, int64_t wall_clock);
void line_string(struct line *line, const char *key, const char *value);
void line_number(struct line *line, const char *key, uint64_t value);
/* A duration, as seconds with one decimal; less than 0 counts as 0. */
void line_seconds(struct line *line, const char *key, int64_t ms);
void line_address(struct line *line, const char *key, const struct address *address);
void line_cookie(struct line *line, const char *key, uint64_t value);
void line_true(struct line *line, const char *key);
/*
 * JSON: an array; text: joined by commas. What does not fit is left out, and so is what would leave
 * no room for a few fields more.
 */
void line_list(struct line *line, const char *key, const char *const *values, size_t count);
/* Ends the line with a newline; afterwards text holds `length` bytes. */
void line_end(struct line *line);

/* "127.0.0.1:80", "[::1]:80", or "?" for ADDRESS_NONE. Returns the length. */
size_t line_format_address(char text[LINE_ADDRESS_MAX], const struct address *address);

/* The length of a well-formed UTF-8 sequence beyond ASCII at `text`, or 0. */
size_t line_utf8_length(const char *text);

#endif
