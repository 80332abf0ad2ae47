/* Every process that runs under the library, a line each. */
#include <stdlib.h>

#include "message.h"
#include "status_view.h"
#include "terminal.h"
#include "waitclose.h"

static const struct column columns[] = {
    {"PID", true, false},   {"Program", false, false}, {"Leaks", false, false}, {"Oldest", true, false},
    {"Acted", true, false}, {"Sockets", false, true},  {"Policy", false, true},
};

enum { COLUMNS = sizeof columns / sizeof *columns };

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

static void add_unread(struct table *table, const struct wrapped *process)
{
    table_cell(table, STYLE_PLAIN, "%d", process->process.pid);
    table_cell(table, STYLE_PLAIN, "%s", process->process.program);
    for (int i = 2; i < COLUMNS - 1; i++)
        table_cell(table, STYLE_FAINT, "?");
    table_cell(table, STYLE_DOUBTFUL, "%s", process->inside.why);
}

static void add_process(struct table *table, const struct wrapped *process)
{
    char *states = status_states(process), *causes = causes_text(process), *policy = wrapped_policy(process);
    char *oldest = process->oldest < 0 ? text("-") : age_text(process->oldest);
    enum style style = process->leaks ? STYLE_BAD : STYLE_PLAIN;

    table_cell(table, STYLE_PLAIN, "%d", process->process.pid);
    table_cell(table, STYLE_PLAIN, "%s", process->process.program);
    table_cell(table, style, "%s", causes);
    table_cell(table, style, "%s", oldest);
    table_cell(table, STYLE_PLAIN, "%u", process->inside.tally.acted);
    table_cell(table, STYLE_PLAIN, "%s", states);
    table_cell(table, STYLE_FAINT, "%s", *policy ? policy : "default");
    free(states);
    free(causes);
    free(policy);
    free(oldest);
}

void status_print_list(const struct wrapped *processes, size_t count, FILE *out)
{
    struct table *table = table_start(columns, COLUMNS);

    for (size_t i = 0; i < count; i++)
        if (processes[i].inside.why[0])
            add_unread(table, &processes[i]);
        else
            add_process(table, &processes[i]);
    table_print(table, out);
    table_end(table);
}
