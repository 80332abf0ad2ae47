#include "report_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "advice.h"
#include "message.h"
#include "place_text.h"
#include "printable.h"
#include "terminal.h"
#include "waitclose.h"

enum {
    NAMED = 3,  /* names of a kind that are listed */
    STACKS = 2, /* that are shown of one group */
    LABEL = 13, /* columns */
    INDENT = 2,
    NARROWEST = 20,
};

/* What may go to a terminal; a new string. */
__attribute__((format(printf, 1, 2))) static char *printable_text(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    char *words = printable(format, values);
    va_end(values);
    return words;
}

/* The bytes at the front of the words that go into so many columns; up to a space where there is one. */
static size_t fit(const char *words, size_t columns)
{
    size_t whole = printable_fit(words, columns);
    size_t length = whole;
    while (words[whole] && length && words[length] != ' ')
        length--;
    return length ? length : whole;
}

/* A line with a label in front. What a terminal is too narrow for goes on below, indented further. */
static void print_line(const struct report_view *view, const char *label, const char *words)
{
    unsigned width = terminal_width();
    size_t room = width > LABEL + INDENT + NARROWEST ? width - LABEL : SIZE_MAX;
    char *rest = printable_text("%s", words);
    const char *at = rest;

    terminal_print(view->out, STYLE_FAINT, "   %-*s", LABEL - 3, label);
    for (size_t length; (length = fit(at, room)) < strlen(at); room = width - LABEL - INDENT) {
        fprintf(view->out, "%.*s\n%*s", (int)length, at, LABEL + INDENT, "");
        at += length + (at[length] == ' ');
    }
    fprintf(view->out, "%s\n", at);
    free(rest);
}

/* Our own words may have more lines than one. */
static void print_lines(const struct report_view *view, const char *label, const char *words)
{
    char *copy = text("%s", words), *rest = NULL;
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        print_line(view, label, line);
        label = "";
    }
    free(copy);
}

/* Adds to a new string, which is freed, and returns a longer one. */
static char *append(char *words, const char *separator, char *more)
{
    char *longer = text("%s%s%s", words, *words ? separator : "", more);
    free(words);
    free(more);
    return longer;
}

static void print_counts(const struct report_view *view, const struct group *group)
{
    const struct counts *counts = &group->counts;
    const struct {
        uint64_t count;
        const char *words;
    } outcomes[] = {
        {counts->open, "open"},
        {counts->healed, "healed by the program"},
        {counts->acted, "ended by the policy"},
        {counts->exited, "held until the process ended"},
    };
    char *line = text("%s", "");

    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        if (outcomes[i].count)
            line = append(line, ", ", text("%" PRIu64 " %s", outcomes[i].count, outcomes[i].words));
    if (counts->failed)
        line = append(line, "; ", text("%" PRIu64 " actions failed", counts->failed));
    print_line(view, "leaks", line);
    free(line);
}

static void print_times(const struct report_view *view, const struct group *group)
{
    char *first = time_text(group->first), *last = time_text(group->last);
    char *words = group->first == group->last ? text("%s", first) : text("first %s, last %s", first, last);
    if (group->first >= 0)
        print_line(view, "reported", words);
    free(words);
    free(first);
    free(last);
}

/* A name with what tells it from others beside it, and its count; a new string. */
static char *counted_name(const struct report_view *view, const struct tally *tally, enum dimension by,
                          const struct tally_entry *entry)
{
    char *name = report_name(view, by, entry, true);
    if (tally->count > 1 && *entry->build)
        name = append(name, ", ", text("build %s", entry->build));
    if (tally->count > 1)
        name = append(name, " ", text("(%" PRIu64 ")", entry->count));
    return name;
}

/* Places stand on lines of their own; other names behind each other. */
static void print_names(const struct report_view *view, const char *label, const struct group *group,
                        enum dimension by)
{
    const struct tally *tally = &group->parts[by];
    const struct tally_entry **sorted = tally_sorted(tally);
    bool is_place = by == BY_SITE || by == BY_READER;
    uint64_t others = tally->others;
    char *line = text("%s", "");

    for (size_t i = 0; sorted[i]; i++) {
        if (i >= NAMED)
            others += sorted[i]->count;
        else
            line = append(line, ", ", counted_name(view, tally, by, sorted[i]));
        if (is_place && *line) {
            print_line(view, i ? "" : label, line);
            *line = '\0';
        }
    }
    if (others)
        line = append(line, ", ", text("others (%" PRIu64 ")", others));
    if (*line)
        print_line(view, is_place ? "" : label, line);
    free(line);
    free(sorted);
}

static void print_advice(const struct report_view *view, const struct group *group)
{
    const struct tally_entry **sorted = tally_sorted(&group->parts[BY_CAUSE]);
    const struct advice *advice = advice_find(sorted[0]->name);
    if (advice) {
        print_lines(view, "why", advice->meaning);
        print_lines(view, "to do", advice->remedy);
    }
    if (group->dead_on_accept)
        print_lines(view, "also",
                    "peers had gone before they were accepted: accept faster, or\n"
                    "shorten the backlog");
    if (group->shared)
        print_lines(view, "also",
                    "other processes hold such sockets too: close them there, or make\n"
                    "them with SOCK_CLOEXEC");
    free(sorted);
}

static void print_stack(const struct report_view *view, const struct group *group,
                        const struct tally_entry *stack)
{
    char *frames = text("%s", stack->name), *rest = NULL;
    const char *label = "stack";
    unsigned number = 0;

    if (group->parts[BY_STACK].count > 1) {
        char *words = text("of %" PRIu64 " leaks:", stack->count);
        print_line(view, label, words);
        free(words);
        label = "";
    }
    for (char *name = strtok_r(frames, "\n", &rest); name; name = strtok_r(NULL, "\n", &rest)) {
        const struct tally_entry frame = place_of_frame(stack, frames, name);
        char *place = place_long(view->symbols, &frame);
        char *words = text("#%-2u %s", number++, place);
        print_line(view, label, words);
        free(words);
        free(place);
        label = "";
    }
    free(frames);
}

static void print_stacks(const struct report_view *view, const struct group *group)
{
    const struct tally_entry **sorted = tally_sorted(&group->parts[BY_STACK]);
    for (size_t i = 0; i < STACKS && sorted[i]; i++)
        if (*sorted[i]->name)
            print_stack(view, group, sorted[i]);
    free(sorted);
}

/* Then the innermost frame says where the socket was made. */
static bool has_stacks(const struct group *group)
{
    const struct tally *stacks = &group->parts[BY_STACK];
    return stacks->count > 1 || *stacks->entries->name;
}

void report_print_details(const struct report_view *view, const struct group *group, size_t rank)
{
    static const char *const labels[GROUPINGS + 1] = {[BY_SITE] = "made by",
                                                      [BY_CAUSE] = "cause",
                                                      [BY_PEER] = "peer",
                                                      [BY_EXE] = "program",
                                                      [BY_READER] = "read by"};
    const struct tally_entry **names = tally_sorted(&group->parts[view->ledger->by]);
    char *name = report_name(view, view->ledger->by, names[0], false);

    fputc('\n', view->out);
    terminal_print(view->out, STYLE_HEADING, "%zu. %s", rank, name);
    fputc('\n', view->out);
    print_counts(view, group);
    print_times(view, group);
    if (*group->build)
        print_line(view, "build", group->build);
    for (enum dimension by = 0; by <= BY_READER; by++) {
        if (by != view->ledger->by || (by == BY_SITE && !has_stacks(group)))
            print_names(view, labels[by], group, by);
        if (by == BY_CAUSE)
            print_advice(view, group);
    }
    print_stacks(view, group);
    free(name);
    free(names);
}

static const char *certainty(const struct symbol_file *file)
{
    if (file->trouble)
        return file->trouble;
    if (file->mismatched && *file->build)
        return "ANOTHER BUILD than the one that ran; --modules says where to look";
    if (file->mismatched)
        return "ANOTHER BUILD than the one that ran: it has no call at such places";
    if (*file->build && file->origin == MODULE_DEBUG)
        return "the debug information of the build that ran";
    if (*file->build)
        return "the build that ran";
    if (file->origin == MODULE_GIVEN)
        return "as --modules says";
    if (file->origin == MODULE_MAPPED)
        return "which the process has mapped";
    if (file->changed)
        return "found by name; CHANGED since, so it may be another build (marked ?)";
    if (file->timed)
        return "found by name; not changed since the leaks";
    return "found by name; the logs do not tell whether it is the same build";
}

static char *describe(const struct symbol_file *file)
{
    const char *of_build = *file->build ? " of build " : "";
    if (!file->path)
        return text("%s%s%s: not found; --modules says where to look", file->module, of_build, file->build);
    return text("%s%s%s: %s, %s", file->module, of_build, file->build, file->path, certainty(file));
}

void report_print_files(const struct report_view *view)
{
    const char *label = "symbols";
    for (const struct symbol_file *file = symbols_files(view->symbols); file; file = file->next) {
        char *words = describe(file);
        print_line(view, label, words);
        free(words);
        label = "";
    }
}
