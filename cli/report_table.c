/* A report's table: a line for each group. */
#include <inttypes.h>
#include <stdlib.h>

#include "message.h"
#include "place_text.h"
#include "report_parts.h"
#include "terminal.h"

enum { ROOM_FOR_TIMES = 120 }; /* columns of the terminal */

enum shown { LEAKS, OPEN, HEALED, ACTED, EXITED, FIRST, LAST, PEER, PROGRAM, CAUSE, SITE, SHOWN };

static const struct column columns[SHOWN] = {
    [LEAKS] = {"Leaks", true, false},     [OPEN] = {"Open", true, false},
    [HEALED] = {"Healed", true, false},   [ACTED] = {"Acted", true, false},
    [EXITED] = {"Exited", true, false},   [FIRST] = {"First", false, false},
    [LAST] = {"Last", false, false},      [PEER] = {"Peer", false, true},
    [PROGRAM] = {"Program", false, true}, [CAUSE] = {"Cause", false, false},
    [SITE] = {"Made by", false, true},
};

/* What no leak has come to needs no column. */
static bool is_shown(const struct ledger *ledger, enum shown shown)
{
    unsigned width = terminal_width();
    switch (shown) {
    case HEALED:
        return ledger->total.healed;
    case ACTED:
        return ledger->total.acted;
    case EXITED:
        return ledger->total.exited;
    case FIRST:
    case LAST:
        return ledger->first >= 0 && (!width || width >= ROOM_FOR_TIMES);
    case PEER:
        return ledger->by == BY_PEER;
    case PROGRAM:
        return ledger->by == BY_EXE;
    default:
        return true;
    }
}

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

static void add_count(struct table *table, uint64_t count, bool bad)
{
    table_cell(table, bad && count ? STYLE_BAD : STYLE_PLAIN, "%" PRIu64, count);
}

static void add_time(struct table *table, int64_t time)
{
    char *words = time_text(time);
    table_cell(table, STYLE_PLAIN, "%s", words);
    free(words);
}

static void add_cell(struct table *table, const struct report_view *view, const struct group *group,
                     enum shown shown)
{
    const struct counts *counts = &group->counts;
    switch (shown) {
    case LEAKS:
        return add_count(table, counts->leaks, false);
    case OPEN:
        return add_count(table, counts->open, true);
    case HEALED:
        return add_count(table, counts->healed, false);
    case ACTED:
        return add_count(table, counts->acted, false);
    case EXITED:
        return add_count(table, counts->exited, false);
    case FIRST:
        return add_time(table, group->first);
    case LAST:
        return add_time(table, group->last);
    case PEER:
        return add_chief(table, view, group, BY_PEER);
    case PROGRAM:
        return add_chief(table, view, group, BY_EXE);
    case CAUSE:
        return add_chief(table, view, group, BY_CAUSE);
    case SITE:
    default:
        return add_chief(table, view, group, BY_SITE);
    }
}

void report_print_table(const struct report_view *view, const struct group **groups)
{
    struct column chosen[SHOWN];
    size_t count = 0;
    for (enum shown shown = 0; shown < SHOWN; shown++)
        if (is_shown(view->ledger, shown))
            chosen[count++] = columns[shown];

    struct table *table = table_start(chosen, count);
    for (; *groups; groups++)
        for (enum shown shown = 0; shown < SHOWN; shown++)
            if (is_shown(view->ledger, shown))
                add_cell(table, view, *groups, shown);
    table_print(table, view->out);
    table_end(table);
}
