/* Every process that runs under the library, a line each. */
#include <stdbool.h>
#include <stdlib.h>

#include "message.h"
#include "status_view.h"
#include "terminal.h"
#include "waitclose.h"

static const struct column whole[] = {
    {"PID", true, false},   {"Program", false, false}, {"Leaks", false, false}, {"Oldest", true, false},
    {"Acted", true, false}, {"Sockets", false, false}, {"Policy", false, true},
};

/* Where that is too wide, what leaks; the rest in lines below. */
static const struct column folded[] = {
    {"PID", true, false},    {"Program", false, true}, {"Leaks", false, true},
    {"Oldest", true, false}, {"Acted", true, false},
};

enum { LEAST_OF_POLICY = 24 }; /* columns; a policy is cut, but not to nothing */
enum { WHOLE = sizeof whole / sizeof *whole, FOLDED = sizeof folded / sizeof *folded };

/* Counts behind their names, as "CLOSE_WAIT 3 ESTABLISHED 55". */
struct counts {
    FILE *out;
    char *words;
    size_t size;
    const char *separator;
};

static void counts_start(struct counts *counts)
{
    *counts = (struct counts){.separator = ""};
    counts->out = open_memstream(&counts->words, &counts->size);
    if (!counts->out)
        exit(complain(EXIT_WAITCLOSE, "out of memory"));
}

static void counts_add(struct counts *counts, const char *name, size_t count)
{
    if (!count)
        return;
    fprintf(counts->out, "%s%s %zu", counts->separator, name, count);
    counts->separator = " ";
}

static char *counts_text(struct counts *counts)
{
    if (fclose(counts->out) != 0)
        exit(complain(EXIT_WAITCLOSE, "out of memory"));
    if (counts->size)
        return counts->words;
    free(counts->words);
    return text("%s", "-");
}

/* What may be a leak comes first, for that is what is left where a line is cut. */
char *status_states(const struct wrapped *process)
{
    static const enum tcp_state order[] = {
        STATE_CLOSE_WAIT, STATE_CLOSE,   STATE_ESTABLISHED, STATE_LISTEN,   STATE_FIN_WAIT1, STATE_FIN_WAIT2,
        STATE_LAST_ACK,   STATE_CLOSING, STATE_SYN_SENT,    STATE_SYN_RECV, STATE_TIME_WAIT};
    struct counts counts;
    counts_start(&counts);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        counts_add(&counts, state_name(order[i]), process->by_state[order[i]]);
    return counts_text(&counts);
}

static char *causes_text(const struct wrapped *process)
{
    struct counts counts;
    counts_start(&counts);
    for (enum cause cause = CAUSE_NONE + 1; cause < CAUSES; cause++)
        counts_add(&counts, cause_name(cause), process->by_cause[cause]);
    return counts_text(&counts);
}

static void add_first(struct table *table, const struct wrapped *process)
{
    bool read = !process->inside.why[0];
    char *causes = causes_text(process),
         *oldest = process->oldest < 0 ? text("-") : age_text(process->oldest);
    enum style style = process->leaks ? STYLE_BAD : STYLE_PLAIN;

    table_cell(table, STYLE_PLAIN, "%d", process->process.pid);
    table_cell(table, STYLE_PLAIN, "%s", process->process.program);
    table_cell(table, style, "%s", read ? causes : "?");
    table_cell(table, style, "%s", read ? oldest : "?");
    if (read)
        table_cell(table, STYLE_PLAIN, "%u", process->inside.tally.acted);
    else
        table_cell(table, STYLE_PLAIN, "?");
    free(causes);
    free(oldest);
}

static void add_rest(struct table *table, const struct wrapped *process, bool folds)
{
    bool read = !process->inside.why[0];
    char *states = read ? status_states(process) : text("?");
    char *policy = read ? wrapped_policy(process) : text("%s", process->inside.why);
    const char *shown = *policy ? policy : "default";

    if (!folds) {
        table_cell(table, STYLE_PLAIN, "%s", states);
        table_cell(table, read ? STYLE_FAINT : STYLE_DOUBTFUL, "%s", shown);
    } else if (read) {
        table_heading(table, STYLE_FAINT, "        %s", states);
        table_heading(table, STYLE_FAINT, "        %s", shown);
    } else {
        table_heading(table, STYLE_DOUBTFUL, "        %s", shown);
    }
    free(states);
    free(policy);
}

static struct table *table_of(const struct wrapped *processes, size_t count, bool folds)
{
    struct table *table = folds ? table_start(folded, FOLDED) : table_start(whole, WHOLE);
    for (size_t i = 0; i < count; i++) {
        add_first(table, &processes[i]);
        add_rest(table, &processes[i], folds);
    }
    return table;
}

void status_print_list(const struct wrapped *processes, size_t count, FILE *out)
{
    struct table *table = table_of(processes, count, false);

    if (terminal_width() && table_narrowest(table) + LEAST_OF_POLICY > terminal_width()) {
        table_end(table);
        table = table_of(processes, count, true);
    }
    table_print(table, out);
    table_end(table);
}
