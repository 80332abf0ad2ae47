/* A survey as a table for people. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "message.h"
#include "survey.h"
#include "terminal.h"

static const struct column columns[] = {
    {"State", false, false},
    {"Recv-Q", true, false},
    {"Send-Q", true, false},
    {"Local Address:Port", false, false},
    {"Peer Address:Port", false, false},
    {"FIN", true, false},
    {"fd", true, false},
    {"Cause", false, true},
};

enum { COLUMNS = sizeof columns / sizeof *columns };

/* By name. A listener is no connection, and `netstat -n` does not count it either. */
static void print_states(const struct survey *survey, FILE *out)
{
    static const enum tcp_state order[] = {
        STATE_CLOSE,     STATE_CLOSE_WAIT, STATE_CLOSING,  STATE_ESTABLISHED, STATE_FIN_WAIT1,
        STATE_FIN_WAIT2, STATE_LAST_ACK,   STATE_SYN_RECV, STATE_SYN_SENT,    STATE_TIME_WAIT};
    const char *separator = "";

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        unsigned count = survey->by_state[order[i]];
        if (!count && order[i] != STATE_CLOSE_WAIT)
            continue;
        fprintf(out, "%s%s %u", separator, state_name(order[i]), count);
        separator = " ";
    }
    fputc('\n', out);
}

/* At most five characters, and two significant digits at the least. */
static char *age_text(const struct finding *finding)
{
    static const struct {
        const char *unit;
        int64_t ms, below;
    } units[] = {{"s", 1000, 100}, {"m", 60000, 100}, {"h", 3600000, 48}, {"d", 86400000, INT64_MAX}};
    size_t i = 0;

    while (finding->age / units[i].ms >= units[i].below)
        i++;
    return text("%s%" PRId64 "%s", finding->facts.state == STATE_CLOSE ? "<" : "", finding->age / units[i].ms,
                units[i].unit);
}

/*
 * Of a TLS 1.3 close_notify; then of 1.2 with AES-GCM, ChaCha20, and AES-CBC with SHA-1 (the MAC
 * inside the cipher or, RFC 7366, outside), SHA-256 and SHA-384.
 */
static bool is_length_of_close_notify(uint32_t bytes)
{
    return bytes == 24 || bytes == 31 || bytes == 23 || bytes == 53 || bytes == 57 || bytes == 69 ||
           bytes == 85;
}

static char *cause_text(const struct finding *finding, enum group_kind kind)
{
    const struct facts *facts = &finding->facts;
    const char *unread = facts->tls_close_notify ? ", TLS close_notify"
                         : !finding->asked && is_length_of_close_notify(facts->recv_q)
                             ? ", perhaps TLS close_notify"
                             : "";
    return text("%s%s%s%s%s", finding->leak ? "" : "(",
                kind == GROUP_QUEUED ? "not accepted" : cause_name(finding->cause), unread,
                finding->shared ? ", shared" : "", finding->leak ? "" : ")");
}

/* "3,7" */
static char *numbers_text(const struct finding *finding)
{
    char *numbers = finding->fd_count ? text("%d", finding->fds[0]) : text("-");
    for (size_t i = 1; i < finding->fd_count && i <= FDS_MAX; i++) {
        char *before = numbers;
        numbers = i < FDS_MAX ? text("%s,%d", before, finding->fds[i]) : text("%s,..", before);
        free(before);
    }
    return numbers;
}

static void add_address(struct table *table, const struct address *address)
{
    char words[LINE_ADDRESS_MAX];
    line_format_address(words, address);
    table_cell(table, STYLE_PLAIN, "%s", words);
}

static void add_finding(struct table *table, const struct finding *finding, enum group_kind kind)
{
    enum style style = finding->leak ? STYLE_BAD : STYLE_FAINT;
    char *age = age_text(finding), *numbers = numbers_text(finding), *cause = cause_text(finding, kind);

    table_cell(table, STYLE_PLAIN, "%s", state_name(finding->facts.state));
    table_cell(table, STYLE_PLAIN, "%u", finding->facts.recv_q);
    table_cell(table, STYLE_PLAIN, "%u", finding->facts.send_q);
    add_address(table, &finding->facts.local);
    add_address(table, &finding->facts.peer);
    table_cell(table, style, "%s", age);
    table_cell(table, STYLE_PLAIN, "%s", numbers);
    table_cell(table, style, "%s", cause);
    free(age);
    free(numbers);
    free(cause);
}

/* Headings */

static char *holder_text(const struct group *group)
{
    const struct process *process = &group->process;
    if (process->pid)
        return text("%s (pid %d, %s)", process->program, process->pid, user_name(process->uid));
    if (group->kind == GROUP_UNSEEN)
        return text("a process that is not seen (%s)", user_name(process->uid));
    return text("a process that is not seen");
}

static char *counts_text(const struct group *group)
{
    size_t closed = 0;
    for (size_t i = 0; i < group->count; i++)
        closed += group->findings[i].facts.state == STATE_CLOSE;
    size_t waiting = group->count - closed;
    if (waiting && closed)
        return text("%zu CLOSE_WAIT, %zu CLOSE", waiting, closed);
    return closed ? text("%zu CLOSE", closed) : text("%zu CLOSE_WAIT", waiting);
}

/* Where in the process they are: "" unless in a queue. */
static char *place_text(const struct group *group)
{
    char local[LINE_ADDRESS_MAX];
    if (group->kind != GROUP_QUEUED)
        return text("%s", "");
    if (!group->listener.state)
        return text(" in the accept queue of a listener that is gone");
    line_format_address(local, &group->listener.local);
    return text(" in the accept queue of %s, %u of %u", local, group->listener.accept_queue,
                group->listener.accept_limit);
}

/* "" where nothing leaks. Of an obstacle its name; what stands behind a colon explains it. */
static char *wrapping_text(const struct group *group)
{
    const struct process *process = &group->process;
    if (group->kind != GROUP_HELD || !group->leaks)
        return text("%s", "");
    switch (process->wrapping) {
    case WRAPPING_YES:
        return text("; worth wrapping");
    case WRAPPING_DONE:
        return text("; runs under waitclose");
    case WRAPPING_NO:
        return text("; cannot be wrapped: %.*s", (int)strcspn(process->obstacle, ":"), process->obstacle);
    case WRAPPING_UNKNOWN:
        break;
    }
    return text("%s", "");
}

static void add_heading(struct table *table, const struct group *group)
{
    char *holder = holder_text(group), *counts = counts_text(group), *place = place_text(group),
         *wrapping = wrapping_text(group);
    table_heading(table, STYLE_HEADING, "%s: %zu leak%s, %s%s%s", holder, group->leaks,
                  group->leaks == 1 ? "" : "s", counts, place, wrapping);
    free(holder);
    free(counts);
    free(place);
    free(wrapping);
}

static void add_group(struct table *table, const struct group *group, size_t rows)
{
    size_t shown = rows && group->count > rows ? rows : group->count;

    add_heading(table, group);
    for (size_t i = 0; i < shown; i++)
        add_finding(table, &group->findings[i], group->kind);
    if (shown < group->count)
        table_heading(table, STYLE_FAINT, "and %zu more", group->count - shown);
}

void survey_print(const struct survey *survey, FILE *out, size_t rows)
{
    struct table *table = table_start(columns, COLUMNS);

    print_states(survey, out);
    for (size_t i = 0; i < survey->count; i++) {
        if (i)
            table_heading(table, STYLE_PLAIN, "%s", "");
        add_group(table, &survey->groups[i], rows);
    }
    if (survey->count)
        fputc('\n', out);
    table_print(table, out);
    table_end(table);
}
