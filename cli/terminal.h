/*
 * Standard output as its reader sees it: colour, size, and tables that fit.
 *
 * On a terminal there is colour (unless NO_COLOR is set, or TERM is dumb), and
 * tables are cut to the width. Into a pipe or a file everything goes plain and whole.
 */
#ifndef WAITCLOSE_CLI_TERMINAL_H
#define WAITCLOSE_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum style { STYLE_PLAIN, STYLE_HEADING, STYLE_BAD, STYLE_DOUBTFUL, STYLE_FAINT };

/* Whether standard output is a terminal. */
bool terminal_is_there(void);

/* Its columns and lines; 0 where there is no terminal, and so no limit. */
unsigned terminal_width(void);
unsigned terminal_height(void);

/*
 * Text in a style, where standard output takes colour. Whatever the text holds
 * that cannot be printed in the user's locale (names come from outside) is
 * escaped, as \x1b. `out` is stdout, or a buffer that will be written there.
 */
__attribute__((format(printf, 3, 4))) void terminal_print(FILE *out, enum style style, const char *format,
                                                          ...);

/* Puts a text in the place of the last one, with as many of its lines as fit. */
void terminal_redraw(const char *screen);

struct column {
    const char *name; /* its heading, as in ss(8) where ss has it */
    bool right;       /* numbers stand to the right */
    bool cut;         /* may be cut where the terminal is too narrow for all */
};

/* A table holds its cells until it is printed, for the widths depend on all of them. */
struct table;

/* `columns` must outlive the table. */
struct table *table_start(const struct column *columns, size_t count);

/* The next cell; the one after the last column begins a new row. */
__attribute__((format(printf, 3, 4))) void table_cell(struct table *table, enum style style,
                                                      const char *format, ...);

/* A line of its own between rows, as long as it is; columns do not hold for it, and rows below are indented.
 */
__attribute__((format(printf, 3, 4))) void table_heading(struct table *table, enum style style,
                                                         const char *format, ...);

/* Column names, then every row. Prints nothing where there is no row. */
void table_print(const struct table *table, FILE *out);

void table_end(struct table *table);

#endif
