#include "terminal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "array.h"
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

/* The lines of the screen that a line of text takes; colours take no room. */
static size_t lines_taken(const char *line, size_t length, size_t width)
{
    size_t columns = 0;
    bool in_code = false;
    for (size_t i = 0; i < length; i++) {
        bool continues = (line[i] & 0xc0) == 0x80; /* a character of UTF-8 */
        in_code = in_code || line[i] == '\033';
        columns += !in_code && !continues;
        in_code = in_code && line[i] != 'm';
    }
    return columns ? (columns + width - 1) / width : 1;
}

void terminal_redraw(const char *screen)
{
    struct winsize size = size_of_terminal();
    size_t left = size.ws_row;
    const char *end = screen;

    while (*end) {
        size_t length = strcspn(end, "\n"), taken = lines_taken(end, length, size.ws_col);
        if (taken > left)
            break;
        left -= taken;
        end += length + (end[length] == '\n');
    }
    /* Where the screen is full a line feed would move all of it up. */
    int length = (int)(end - screen) - (!left && end[-1] == '\n');
    char *drawing = text("\033[H\033[J%.*s", length, screen);
    fputs(drawing, stdout); /* at once, so that nothing flickers */
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
    table->cells = array_grow(table->cells, table->cell_count, &table->room, sizeof *table->cells);
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

/* How wide each column is by its cells, and by its name too. */
static void measure(const struct table *table, size_t *cells, size_t *widths)
{
    size_t at = 0;
    memset(cells, 0, table->column_count * sizeof *cells);
    for (size_t i = 0; i < table->cell_count; i++) {
        const struct cell *cell = &table->cells[i];
        if (cell->heading)
            continue;
        if (cell->width > cells[at])
            cells[at] = cell->width;
        at = (at + 1) % table->column_count;
    }
    for (size_t i = 0; i < table->column_count; i++) {
        size_t name = printable_width(table->columns[i].name);
        widths[i] = cells[i] > name ? cells[i] : name;
    }
}

/* The column to be made narrower by one: a name that is longer than its cells goes before cells that may be
 * cut. */
static size_t *widest(const struct table *table, const size_t *cells, size_t *widths)
{
    size_t *name = NULL, *cut = NULL;
    for (size_t i = 0; i < table->column_count; i++) {
        if (widths[i] <= NARROWEST)
            continue;
        if (widths[i] > cells[i] && (!name || widths[i] > *name))
            name = &widths[i];
        if (table->columns[i].cut && (!cut || widths[i] > *cut))
            cut = &widths[i];
    }
    return name ? name : cut;
}

static void make_fit(const struct table *table, const size_t *cells, size_t *widths)
{
    size_t width = terminal_width(), sum = 0;
    size_t *giving;

    for (size_t i = 0; i < table->column_count; i++)
        sum += widths[i] + (i ? BETWEEN : 0);
    for (; width && sum > width && (giving = widest(table, cells, widths)); sum--)
        --*giving;
}

static void pad(FILE *out, size_t columns)
{
    fprintf(out, "%*s", (int)columns, "");
}

static void print_cell(FILE *out, const struct cell *cell, size_t width, bool right, bool last)
{
    bool cut = cell->width > width;
    char *shorter = cut ? text("%.*s..", (int)printable_fit(cell->words, width - 2), cell->words) : NULL;
    size_t padding = width - (cut ? printable_width(shorter) : cell->width);

    pad(out, right ? padding : 0);
    print_styled(out, cell->style, cut ? shorter : cell->words);
    pad(out, right || last ? 0 : padding);
    free(shorter);
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
    size_t cells[table->column_count], widths[table->column_count];

    if (!table->cell_count)
        return;
    measure(table, cells, widths);
    make_fit(table, cells, widths);
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
