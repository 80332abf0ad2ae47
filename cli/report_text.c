/* A report for people: which code leaks most, why, and what to do. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "place_text.h"
#include "report_details.h"
#include "report_view.h"
#include "terminal.h"

enum {
    DETAILED = 5,         /* groups, of which more is told than a line */
    ROOM_FOR_TIMES = 120, /* columns */
};

const char *const dimension_names[DIMENSIONS] = {
    [BY_SITE] = "site", [BY_CAUSE] = "cause",   [BY_PEER] = "peer",
    [BY_EXE] = "exe",   [BY_READER] = "reader", [BY_STACK] = "stack",
};

char *report_name(const struct report_view *view, enum dimension by, const struct tally_entry *entry,
                  bool whole)
{
    bool is_place = by == BY_SITE || by == BY_READER;
    if (is_place && whole)
        return place_long(view->symbols, entry);
    if (is_place)
        return place_short(view->symbols, entry);
    return text("%s", *entry->name ? entry->name : "?");
}

/* The most frequent name of a kind, and how many others there are. */
static void add_chief(struct table *table, const struct report_view *view, const struct group *group,
                      enum dimension by)
{
    const struct tally_entry **sorted = tally_sorted(&group->parts[by]);
    char *name = report_name(view, by, sorted[0], false);
    size_t more = group->parts[by].count - 1;
    if (more)
        table_cell(table, STYLE_PLAIN, "%s +%zu", name, more);
    else
        table_cell(table, STYLE_PLAIN, "%s", name);
    free(name);
    free(sorted);
}

static void add_time(struct table *table, int64_t time)
{
    char *words = time_text(time);
    table_cell(table, STYLE_PLAIN, "%s", words);
    free(words);
}

static void add_group(struct table *table, const struct report_view *view, const struct group *group,
                      bool timed)
{
    const struct counts *counts = &group->counts;
    table_cell(table, STYLE_PLAIN, "%" PRIu64, counts->leaks);
    table_cell(table, counts->open ? STYLE_BAD : STYLE_PLAIN, "%" PRIu64, counts->open);
    table_cell(table, STYLE_PLAIN, "%" PRIu64, counts->healed);
    table_cell(table, STYLE_PLAIN, "%" PRIu64, counts->acted);
    table_cell(table, STYLE_PLAIN, "%" PRIu64, counts->exited);
    if (timed) {
        add_time(table, group->first);
        add_time(table, group->last);
    }
    if (view->ledger->by == BY_PEER || view->ledger->by == BY_EXE)
        add_chief(table, view, group, view->ledger->by);
    add_chief(table, view, group, BY_CAUSE);
    add_chief(table, view, group, BY_SITE);
}

static void print_groups(const struct report_view *view, const struct group **groups)
{
    static const struct column numbers[] = {
        {"Leaks", true, false}, {"Open", true, false},   {"Healed", true, false},
        {"Acted", true, false}, {"Exited", true, false},
    };
    static const struct column times[] = {{"First", false, false}, {"Last", false, false}};
    static const struct column peer = {"Peer", false, true}, program = {"Program", false, true},
                               cause = {"Cause", false, false}, site = {"Made by", false, true};
    struct column columns[10];
    size_t count = sizeof numbers / sizeof *numbers;
    unsigned width = terminal_width();
    bool timed = view->ledger->first >= 0 && (!width || width >= ROOM_FOR_TIMES);

    memcpy(columns, numbers, sizeof numbers);
    if (timed) {
        memcpy(columns + count, times, sizeof times);
        count += sizeof times / sizeof *times;
    }
    if (view->ledger->by == BY_PEER || view->ledger->by == BY_EXE)
        columns[count++] = view->ledger->by == BY_PEER ? peer : program;
    columns[count++] = cause;
    columns[count++] = site;

    struct table *table = table_start(columns, count);
    for (; *groups; groups++)
        add_group(table, view, *groups, timed);
    table_print(table, view->out);
    table_end(table);
}

static void print_head(const struct report_view *view)
{
    const struct ledger *ledger = view->ledger;
    const struct counts *total = &ledger->total;
    char *first = time_text(ledger->first), *last = time_text(ledger->last);

    terminal_print(view->out, STYLE_HEADING, "%" PRIu64 " leak%s", total->leaks,
                   total->leaks == 1 ? "" : "s");
    if (total->leaks)
        terminal_print(view->out, total->open ? STYLE_BAD : STYLE_PLAIN, ", %" PRIu64 " open at the end",
                       total->open);
    terminal_print(view->out, STYLE_PLAIN, "; %" PRIu64 " event%s", ledger->events,
                   ledger->events == 1 ? "" : "s");
    if (ledger->first >= 0)
        terminal_print(view->out, STYLE_PLAIN, ", %s to %s", first, last);
    fputc('\n', view->out);
    free(first);
    free(last);
}

static void print_remark(const struct report_view *view, uint64_t count, const char *one, const char *many)
{
    if (!count)
        return;
    terminal_print(view->out, STYLE_DOUBTFUL, "%" PRIu64 " %s", count, count == 1 ? one : many);
    fputc('\n', view->out);
}

/* What else there was in the logs, and what the counts lack. */
static void print_remarks(const struct report_view *view)
{
    const struct ledger *ledger = view->ledger;
    print_remark(view, ledger->backlog, "accept queue was full, or held peers that had gone (event backlog)",
                 "times an accept queue was full, or held peers that had gone (event backlog)");
    print_remark(view, ledger->limit, "process reached its limit (event limit)",
                 "times a process reached its limit (event limit)");
    print_remark(view, ledger->lost,
                 "event was lost, because a log could not be written: the counts are too low",
                 "events were lost, because a log could not be written: the counts are too low");
    print_remark(view, ledger->torn, "torn line was left out", "torn lines were left out");
    print_remark(view, ledger->early, "leak ended that was reported before these logs begin",
                 "leaks ended that were reported before these logs begin");
}

void report_print(const struct ledger *ledger, struct symbols *symbols, FILE *out)
{
    const struct report_view view = {ledger, symbols, out};
    const struct group **groups = groups_ranked(ledger->groups, ledger->group_count);

    print_head(&view);
    if (*groups)
        fputc('\n', out);
    print_groups(&view, groups);
    for (size_t i = 0; groups[i] && i < DETAILED; i++)
        report_print_details(&view, groups[i], i + 1);
    if (ledger->group_count)
        fputc('\n', out);
    report_print_files(&view);
    print_remarks(&view);
    free(groups);
}
