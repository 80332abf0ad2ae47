#include "terminal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "message.h"
#include "printable.h"
#include "waitclose.h"

enum { USUAL_COLUMNS = 80, USUAL_LINES = 24 }; /* of a terminal that does not know its size */

bool terminal_is_there(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

static struct winsize size_of_terminal(void)
{
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || !size.ws_col || !size.ws_row)
        size = (struct winsize){.ws_col = USUAL_COLUMNS, .ws_row = USUAL_LINES};
    return size;
}

unsigned terminal_width(void)
{
    return terminal_is_there() ? size_of_terminal().ws_col : 0;
}

unsigned terminal_height(void)
{
    return terminal_is_there() ? size_of_terminal().ws_row : 0;
}

/* https://no-color.org: set, and not empty. */
static bool takes_colour(void)
{
    static enum { NOT_ASKED, NO, YES } answer;
    const char *refused = getenv("NO_COLOR"), *kind = getenv("TERM");
    if (answer == NOT_ASKED) {
        bool can = terminal_is_there() && kind && strcmp(kind, "dumb") != 0;
        answer = can && !(refused && *refused) ? YES : NO;
    }
    return answer == YES;
}

static const char *style_code(enum style style)
{
    switch (style) {
    case STYLE_HEADING:
        return "\033[1m";
    case STYLE_BAD:
        return "\033[31m";
    case STYLE_DOUBTFUL:
        return "\033[33m";
    case STYLE_FAINT:
        return "\033[2m";
    case STYLE_PLAIN:
        break;
    }
    return "";
}

static void print_styled(FILE *out, enum style style, const char *printable)
{
    bool coloured = style != STYLE_PLAIN && takes_colour();
    fprintf(out, "%s%s%s", coloured ? style_code(style) : "", printable, coloured ? "\033[0m" : "");
}

void terminal_print(FILE *out, enum style style, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    char *words = printable(format, values);
    va_end(values);
    print_styled(out, style, words);
    free(words);
}

void terminal_redraw(const char *screen)
{
    char *drawing = NULL;
    size_t size;
    FILE *out = open_memstream(&drawing, &size); /* one write, so that nothing flickers */

    if (!out)
        return;
    fputs("\033[H\033[?7l", out); /* home; no wrapping, so that a line of the text is one of the screen */
    for (unsigned left = terminal_height(); *screen && left; left--) {
        size_t length = strcspn(screen, "\n");
        fprintf(out, "%.*s\033[K%s", (int)length, screen, left > 1 ? "\n" : "");
        screen += length + (screen[length] == '\n');
    }
    fputs("\033[J\033[?7h", out);
    if (fclose(out) == 0)
        fputs(drawing, stdout);
    free(drawing);
}

/* Tables */

struct cell {
    char *words;
    enum style style;
    size_t width;
    bool heading;
};

struct table {
    const struct column *columns;
    size_t column_count;
    struct cell *cells;
    size_t cell_count, room;
};

enum { BETWEEN = 1, NARROWEST = 8 }; /* columns */

struct table *table_start(const struct column *columns, size_t count)
{
    struct table *table = calloc(1, sizeof *table);
    if (!table)
        exit(complain(EXIT_WAITCLOSE, "out of memory"));
    table->columns = columns;
    table->column_count = count;
    return table;
}

void table_end(struct table *table)
{
    for (size_t i = 0; i < table->cell_count; i++)
        free(table->cells[i].words);
    free(table->cells);
    free(table);
}

static void add(struct table *table, struct cell cell)
{
    if (table->cell_count == table->room) {
        table->room = table->room ? 2 * table->room : 64;
        table->cells = reallocarray(table->cells, table->room, sizeof *table->cells);
        if (!table->cells)
            exit(complain(EXIT_WAITCLOSE, "out of memory"));
    }
    table->cells[table->cell_count++] = cell;
}

void table_cell(struct table *table, enum style style, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    char *words = printable(format, values);
    va_end(values);
    add(table, (struct cell){.words = words, .style = style, .width = printable_width(words)});
}

void table_heading(struct table *table, enum style style, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    char *words = printable(format, values);
    va_end(values);
    add(table, (struct cell){.words = words, .style = style, .heading = true});
}

static void measure(const struct table *table, size_t *widths)
{
    size_t at = 0;
    for (size_t i = 0; i < table->column_count; i++)
        widths[i] = printable_width(table->columns[i].name);
    for (size_t i = 0; i < table->cell_count; i++) {
        const struct cell *cell = &table->cells[i];
        if (cell->heading)
            continue;
        if (cell->width > widths[at])
            widths[at] = cell->width;
        at = (at + 1) % table->column_count;
    }
}

/* The widest of those that may be cut, or NULL where all of them are as narrow as is of any use. */
static size_t *widest(const struct table *table, size_t *widths)
{
    size_t *found = NULL;
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].cut && widths[i] > NARROWEST && (!found || widths[i] > *found))
            found = &widths[i];
    return found;
}

static void make_fit(const struct table *table, size_t *widths)
{
    size_t width = terminal_width(), sum = 0;
    size_t *giving;

    for (size_t i = 0; i < table->column_count; i++)
        sum += widths[i] + (i ? BETWEEN : 0);
    for (; width && sum > width && (giving = widest(table, widths)); sum--)
        --*giving;
}

static void pad(FILE *out, size_t columns)
{
    fprintf(out, "%*s", (int)columns, "");
}

/* What is cut ends with "..". */
static void print_cell(FILE *out, const struct cell *cell, size_t width, bool right, bool last)
{
    bool cut = cell->width > width;
    char *words = text("%.*s%s", (int)printable_fit(cell->words, cut ? width - 2 : width), cell->words,
                       cut ? ".." : "");
    size_t padding = width - printable_width(words);

    pad(out, right ? padding : 0);
    print_styled(out, cell->style, words);
    pad(out, right || last ? 0 : padding);
    free(words);
}

static void print_row(const struct table *table, const size_t *widths, const struct cell *cells, FILE *out)
{
    size_t count = table->column_count;
    for (size_t i = 0; i < count; i++) {
        pad(out, i ? BETWEEN : 0);
        print_cell(out, &cells[i], widths[i], table->columns[i].right, i + 1 == count);
    }
    fputc('\n', out);
}

static void print_names(const struct table *table, const size_t *widths, FILE *out)
{
    struct cell names[table->column_count];
    for (size_t i = 0; i < table->column_count; i++) {
        const char *name = table->columns[i].name;
        names[i] = (struct cell){(char *)name, STYLE_HEADING, printable_width(name), false};
    }
    print_row(table, widths, names, out);
}

void table_print(const struct table *table, FILE *out)
{
    size_t widths[table->column_count];

    if (!table->cell_count)
        return;
    measure(table, widths);
    make_fit(table, widths);
    print_names(table, widths, out);
    for (size_t i = 0; i < table->cell_count;) {
        const struct cell *cell = &table->cells[i];
        if (cell->heading) {
            print_styled(out, cell->style, cell->words);
            fputc('\n', out);
            i++;
        } else {
            print_row(table, widths, cell, out);
            i += table->column_count;
        }
    }
}
