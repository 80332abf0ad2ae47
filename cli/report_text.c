/* A report for people: which code leaks most, why, and what to do. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "place_text.h"
#include "report_parts.h"
#include "report_view.h"
#include "terminal.h"

enum {
    DETAILED = 3, /* groups, of which more is told than a line */
};

const char *const dimension_names[DIMENSIONS] = {
    [BY_SITE] = "site", [BY_CAUSE] = "cause",   [BY_PEER] = "peer",
    [BY_EXE] = "exe",   [BY_READER] = "reader", [BY_STACK] = "stack",
};

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
    fprintf(view->out, "\n%" PRIu64 " event%s", ledger->events, ledger->events == 1 ? "" : "s");
    if (ledger->first >= 0)
        fprintf(view->out, ", %s to %s", first, last);
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
    print_remark(view, ledger->early,
                 "leak ended that was not open here, as one reported before these logs begin",
                 "leaks ended that were not open here, as those reported before these logs begin");
}

void report_print(const struct ledger *ledger, struct symbols *symbols, FILE *out)
{
    const struct report_view view = {ledger, symbols, out};
    const struct group **groups = groups_ranked(ledger->groups, ledger->group_count);

    print_head(&view);
    if (*groups)
        fputc('\n', out);
    report_print_table(&view, groups);
    for (size_t i = 0; i < DETAILED && groups[i]; i++)
        report_print_details(&view, groups[i], i + 1);
    if (ledger->group_count > DETAILED)
        fprintf(out, "\nThe other %zu in as much detail: --json.\n", ledger->group_count - DETAILED);
    if (ledger->group_count)
        fputc('\n', out);
    report_print_files(&view);
    print_remarks(&view);
    free(groups);
}
