#include "report_details.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "advice.h"
#include "message.h"
#include "place_text.h"
#include "terminal.h"
#include "waitclose.h"

enum {
    NAMED = 3,  /* names of a kind that are listed */
    STACKS = 2, /* that are shown of one group */
};

/* A line with a label in front; further lines are indented as far. */
static void print_labelled(const struct report_view *view, const char *label, const char *words)
{
    for (size_t length; *words; words += length + (words[length] == '\n')) {
        length = strcspn(words, "\n");
        terminal_print(view->out, STYLE_FAINT, "   %-10s", label);
        terminal_print(view->out, STYLE_PLAIN, "%.*s", (int)length, words);
        fputc('\n', view->out);
        label = "";
    }
}

/* To put words together in; print_built prints them and ends it. */
struct built {
    FILE *stream;
    char *words;
    size_t size;
};

static void start(struct built *built)
{
    built->stream = open_memstream(&built->words, &built->size);
    if (!built->stream)
        exit(complain(EXIT_WAITCLOSE, "out of memory"));
}

static void print_built(const struct report_view *view, const char *label, struct built *built)
{
    if (fclose(built->stream) != 0)
        exit(complain(EXIT_WAITCLOSE, "out of memory"));
    print_labelled(view, label, built->words);
    free(built->words);
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
    const char *separator = ": ";
    struct built line;

    start(&line);
    fprintf(line.stream, "%" PRIu64, counts->leaks);
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        if (!outcomes[i].count)
            continue;
        fprintf(line.stream, "%s%" PRIu64 " %s", separator, outcomes[i].count, outcomes[i].words);
        separator = ", ";
    }
    if (counts->failed)
        fprintf(line.stream, "; %" PRIu64 " actions failed", counts->failed);
    print_built(view, "leaks", &line);
}

static void print_times(const struct report_view *view, const struct group *group)
{
    char *first = time_text(group->first), *last = time_text(group->last);
    char *words = text("first %s, last %s", first, last);
    if (group->first >= 0)
        print_labelled(view, "reported", words);
    free(words);
    free(first);
    free(last);
}

/* Places stand on lines of their own; other names behind each other. */
static void print_names(const struct report_view *view, const char *label, const struct group *group,
                        enum dimension by)
{
    const struct tally *tally = &group->parts[by];
    const struct tally_entry **sorted = tally_sorted(tally);
    bool is_place = by == BY_SITE || by == BY_READER;
    uint64_t others = tally->others;
    struct built line;

    start(&line);
    for (size_t i = 0; sorted[i]; i++) {
        if (i >= NAMED) {
            others += sorted[i]->count;
            continue;
        }
        char *name = report_name(view, by, sorted[i], true);
        fprintf(line.stream, "%s%s", !i ? "" : is_place ? "\n" : ", ", name);
        if (tally->count > 1)
            fprintf(line.stream, "%s%" PRIu64, is_place ? ": " : " ", sorted[i]->count);
        free(name);
    }
    if (others)
        fprintf(line.stream, "%sothers %" PRIu64, is_place ? "\n" : ", ", others);
    print_built(view, label, &line);
    free(sorted);
}

static void print_advice(const struct report_view *view, const struct group *group)
{
    const struct tally_entry **sorted = tally_sorted(&group->parts[BY_CAUSE]);
    const struct advice *advice = advice_find(sorted[0]->name);
    if (advice) {
        print_labelled(view, "why", advice->meaning);
        print_labelled(view, "to do", advice->remedy);
    }
    if (group->dead_on_accept)
        print_labelled(view, "also", "peers had gone before they were accepted: accept faster, or\n"
                                     "shorten the backlog");
    if (group->shared)
        print_labelled(view, "also", "other processes hold such sockets too: close them there, or make\n"
                                     "them with SOCK_CLOEXEC");
    free(sorted);
}

static void print_stack(const struct report_view *view, const struct group *group, const struct tally_entry *stack)
{
    struct built lines;
    char *frames = text("%s", stack->name), *rest = NULL;

    start(&lines);
    if (group->parts[BY_STACK].count > 1)
        fprintf(lines.stream, "of %" PRIu64 ":\n", stack->count);
    for (char *name = strtok_r(frames, "\n", &rest); name; name = strtok_r(NULL, "\n", &rest)) {
        const struct tally_entry frame = {.name = name, .pid = stack->pid, .first = stack->first};
        char *words = place_long(view->symbols, &frame);
        fprintf(lines.stream, "%s\n", words);
        free(words);
    }
    print_built(view, "stack", &lines);
    free(frames);
}

static void print_stacks(const struct report_view *view, const struct group *group)
{
    const struct tally_entry **sorted = tally_sorted(&group->parts[BY_STACK]);
    for (size_t i = 0; sorted[i] && i < STACKS; i++)
        if (*sorted[i]->name)
            print_stack(view, group, sorted[i]);
    free(sorted);
}

void report_print_details(const struct report_view *view, const struct group *group, size_t rank)
{
    static const char *const labels[GROUPINGS + 1] = {
        [BY_SITE] = "made by", [BY_CAUSE] = "cause", [BY_PEER] = "peer", [BY_EXE] = "program", [BY_READER] = "read by"};
    const struct tally_entry **names = tally_sorted(&group->parts[view->ledger->by]);
    char *name = report_name(view, view->ledger->by, names[0], true);

    fputc('\n', view->out);
    terminal_print(view->out, STYLE_HEADING, "%zu. %s", rank, name);
    fputc('\n', view->out);
    print_counts(view, group);
    print_times(view, group);
    for (enum dimension by = 0; by <= BY_READER; by++) {
        if (by != view->ledger->by)
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
    if (!file->path)
        return "no such file found; --modules says where to look";
    if (file->trouble)
        return file->trouble;
    if (file->mismatched)
        return "ANOTHER BUILD than the one that ran: it has no call at such places";
    if (file->origin == MODULE_GIVEN)
        return "as --modules says";
    if (file->origin == MODULE_MAPPED)
        return "the process has it mapped";
    if (file->changed)
        return "found by name; CHANGED since, so it may be another build (marked ?)";
    if (file->timed)
        return "found by name; not changed since the leaks";
    return "found by name; the logs do not tell whether it is the same build";
}

void report_print_files(const struct report_view *view)
{
    for (const struct symbol_file *file = symbols_files(view->symbols); file; file = file->next) {
        bool bad = file->path && (file->trouble || file->mismatched || file->changed);
        terminal_print(view->out, bad ? STYLE_DOUBTFUL : STYLE_FAINT, "symbols of %s: %s%s%s", file->module,
                       file->path ? file->path : "", file->path ? ", " : "", certainty(file));
        fputc('\n', view->out);
    }
}
