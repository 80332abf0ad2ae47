/* One process that runs under the library, socket by socket. */
#include <stdbool.h>
#include <stdlib.h>

#include "line.h"
#include "message.h"
#include "status_view.h"
#include "terminal.h"

static const struct column whole[] = {
    {"fd", true, false},
    {"State", false, false},
    {"Cause", false, false},
    {"Dir", false, false},
    {"Local Address:Port", false, false},
    {"Peer Address:Port", false, false},
    {"Recv-Q", true, false},
    {"Send-Q", true, false},
    {"Open", true, false},
    {"FIN", true, false},
    {"Idle", true, false},
    {"Site", false, false},
};

/* Where that is too wide, as many of the columns as name the socket; the others in a line below. */
static const struct column folded[] = {
    {"fd", true, false},
    {"State", false, false},
    {"Cause", false, true},
    {"Dir", false, false},
    {"Local Address:Port", false, false},
    {"Peer Address:Port", false, false},
};

enum { WHOLE = sizeof whole / sizeof *whole, FOLDED = sizeof folded / sizeof *folded };

/* In parentheses as long as it is no leak. */
static char *cause_text(const struct held *held)
{
    bool young = held->trouble == TROUBLE_YOUNG;
    char *action = wrapped_action(held);
    char *words = held->cause == CAUSE_NONE
                      ? text("-")
                      : text("%s%s%s%s%s%s", young ? "(" : "", cause_name(held->cause),
                             held->facts.tls_close_notify ? ", TLS close_notify" : "", action ? ", " : "",
                             action ? action : "", young ? ")" : "");
    free(action);
    return words;
}

static enum style style_of(const struct held *held)
{
    switch (held->trouble) {
    case TROUBLE_LEAK:
        return STYLE_BAD;
    case TROUBLE_YOUNG:
        return STYLE_DOUBTFUL;
    case TROUBLE_ENDED:
        return STYLE_FAINT;
    case TROUBLE_NONE:
        break;
    }
    return STYLE_PLAIN;
}

static char *age_or_dash(int64_t ms)
{
    return ms < 0 ? text("-") : age_text(ms);
}

/* Of a listener the accept queue and its limit, as in ss(8). */
static char *queue_text(const struct held *held, bool receive)
{
    const struct facts *facts = &held->facts;
    bool listens = facts->state == STATE_LISTEN;
    if (!held->asked)
        return text("?");
    return receive ? text("%u", listens ? facts->accept_queue : facts->recv_q)
                   : text("%u", listens ? facts->accept_limit : facts->send_q);
}

static void add_address(struct table *table, const struct address *address)
{
    char words[LINE_ADDRESS_MAX];
    line_format_address(words, address);
    table_cell(table, STYLE_PLAIN, "%s", address->family == ADDRESS_NONE ? "-" : words);
}

static void add_name(struct table *table, const struct held *held)
{
    char *numbers = numbers_text(held->fds, held->fd_count), *cause = cause_text(held);

    table_cell(table, STYLE_PLAIN, "%s", numbers);
    table_cell(table, STYLE_PLAIN, "%s", state_name(held->facts.state));
    table_cell(table, style_of(held), "%s", cause);
    table_cell(table, STYLE_PLAIN, "%s",
               held->direction == DIRECTION_UNKNOWN ? "-" : direction_name(held->direction));
    add_address(table, &held->facts.local);
    add_address(table, &held->facts.peer);
    free(numbers);
    free(cause);
}

static void add_rest(struct table *table, const struct held *held, bool folds)
{
    char *receive = queue_text(held, true), *send = queue_text(held, false), *open = age_or_dash(held->open),
         *fin = age_or_dash(held->fin), *idle = age_or_dash(held->idle);
    const char *site = held->site[0] ? held->site : "-";

    if (folds) {
        table_heading(table, STYLE_FAINT, "      Recv-Q %s  Send-Q %s  Open %s  FIN %s  Idle %s  Site %s",
                      receive, send, open, fin, idle, site);
    } else {
        table_cell(table, STYLE_PLAIN, "%s", receive);
        table_cell(table, STYLE_PLAIN, "%s", send);
        table_cell(table, STYLE_PLAIN, "%s", open);
        table_cell(table, style_of(held), "%s", fin);
        table_cell(table, STYLE_PLAIN, "%s", idle);
        table_cell(table, STYLE_PLAIN, "%s", site);
    }
    free(receive);
    free(send);
    free(open);
    free(fin);
    free(idle);
}

static struct table *table_of(const struct wrapped *process, bool folds)
{
    struct table *table = folds ? table_start(folded, FOLDED) : table_start(whole, WHOLE);
    for (size_t i = 0; i < process->count; i++) {
        add_name(table, &process->sockets[i]);
        add_rest(table, &process->sockets[i], folds);
    }
    return table;
}

static void print_table(const struct wrapped *process, FILE *out)
{
    struct table *table = table_of(process, false);

    if (terminal_width() && table_narrowest(table) > terminal_width()) {
        table_end(table);
        table = table_of(process, true);
    }
    table_print(table, out);
    table_end(table);
}

/* What it is, how it is watched, and what has come of it. */
static void print_heading(const struct wrapped *process, FILE *out)
{
    const struct tally *tally = &process->inside.tally;
    char *states = status_states(process), *policy = wrapped_policy(process),
         *oldest = process->oldest < 0 ? text("%s", "") : age_text(process->oldest);

    terminal_print(out, STYLE_HEADING, "%s (pid %d, %s): %zu leak%s%s%s; %s", process->process.program,
                   process->process.pid, user_name(process->process.uid), process->leaks,
                   process->leaks == 1 ? "" : "s", *oldest ? ", oldest " : "", oldest, states);
    fputc('\n', out);
    terminal_print(out, STYLE_PLAIN, "policy %s", *policy ? policy : "default");
    fputc('\n', out);
    fprintf(out, "watcher %s; so far %u sockets made, %u leaks, %u healed, %u acted on\n",
            wrapped_watcher(process), process->inside.born, tally->leaks, tally->healed, tally->acted);
    free(states);
    free(policy);
    free(oldest);
}

void status_print_sockets(const struct wrapped *process, FILE *out)
{
    print_heading(process, out);
    if (process->count)
        fputc('\n', out);
    print_table(process, out);
}
