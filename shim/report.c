#include "report.h"

#include "bare.h"
#include "error.h"
#include "line.h"
#include "log.h"
#include "site.h"

static const struct process_policy *policy;
static const char *program;
static uint32_t lost;

void report_open(const struct process_policy *process_policy, const char *name)
{
    policy = process_policy;
    program = name;
}

uint32_t report_lost(void)
{
    return lost;
}

void report_give_up(void)
{
    lost++;
}

static void begin(struct line *line, const char *event)
{
    line_begin(line, policy->format, event, bare_wall_clock());
    line_number(line, "pid", (uint64_t)bare_process());
    line_string(line, "exe", program);
}

static enum report_result end(struct line *line)
{
    line_end(line);
    enum log_result result = log_write(line->text, line->length);
    lost += result == LOG_LOST;
    return result == LOG_BUSY ? REPORT_BUSY : REPORT_DONE;
}

static void add_site(struct line *line, const char *key, uintptr_t address)
{
    char name[SITE_NAME_MAX];
    if (!address)
        return;
    site_name(address, name);
    line_string(line, key, name);
}

static void add_stack(struct line *line, const struct hint_copy *hint)
{
    char names[HINTS_STACK_MAX][SITE_NAME_MAX];
    const char *list[HINTS_STACK_MAX];
    if (!hint->stack_size)
        return;
    for (unsigned i = 0; i < hint->stack_size; i++) {
        site_name(hint->stack[i], names[i]);
        list[i] = names[i];
    }
    line_list(line, "stack", list, hint->stack_size);
}

/* Beside a stack, for those who look for the code: which build of the module it was. */
static void add_site_build(struct line *line, uintptr_t address)
{
    char build[SITE_BUILD_MAX];
    if (!policy->stack || !address)
        return;
    site_build(address, build);
    if (*build)
        line_string(line, "site_build", build);
}

/* In CLOSE the byte that stands for the FIN is still counted; these causes know of one. */
static uint64_t fin_in_rx(const struct facts *facts, enum cause cause)
{
    bool had_fin = cause == CAUSE_SHUTDOWN_UNCLOSED || cause == CAUSE_EOF_IGNORED;
    return facts->state == STATE_CLOSE && had_fin && facts->rx > 0;
}

enum report_result report_leak(const struct facts *facts, const struct hint_copy *hint,
                               const struct suspect *suspect, const struct verdict *verdict, bool shared)
{
    struct line line;
    const struct address *peer = facts->peer.family != ADDRESS_NONE ? &facts->peer : &suspect->past.peer;
    begin(&line, "leak");
    line_number(&line, "fd", (uint64_t)suspect->number);
    line_string(&line, "cause", cause_name(verdict->cause));
    line_string(&line, "state", state_name(facts->state));
    line_string(&line, "dir", direction_name(verdict->direction));
    line_address(&line, "local", &facts->local);
    line_address(&line, "peer", peer);
    if (hint->flags & HINT_BORN)
        line_seconds(&line, "open_s", (int64_t)((uint32_t)facts->now - hint->born));
    if (suspect->past.ended_at)
        line_seconds(&line, "fin_s", facts->now - suspect->past.ended_at);
    line_seconds(&line, "sent_s", facts->sent_age);
    line_number(&line, "recv_q", facts->recv_q);
    line_number(&line, "send_q", facts->send_q);
    line_number(&line, "rx", facts->rx - fin_in_rx(facts, verdict->cause));
    line_number(&line, "tx", facts->tx);
    add_site(&line, "site", hint->site);
    add_site(&line, "reader", hint->reader);
    add_stack(&line, hint);
    add_site_build(&line, hint->site);
    if (facts->tls_close_notify)
        line_true(&line, "tls_close_notify");
    if (verdict->dead_on_accept)
        line_true(&line, "dead_on_accept");
    if (shared)
        line_true(&line, "shared");
    line_cookie(&line, "cookie", facts->cookie);
    return end(&line);
}

enum report_result report_healed(const struct suspect *suspect, int64_t now)
{
    struct line line;
    begin(&line, "healed");
    line_number(&line, "fd", (uint64_t)suspect->number);
    line_string(&line, "cause", cause_name(suspect->cause));
    line_string(&line, "dir", direction_name(suspect->direction));
    line_address(&line, "local", &suspect->local);
    line_address(&line, "peer", &suspect->past.peer);
    if (suspect->past.ended_at)
        line_seconds(&line, "fin_s", now - suspect->past.ended_at);
    add_site(&line, "site", suspect->site);
    line_cookie(&line, "cookie", suspect->reported_as);
    return end(&line);
}

enum report_result report_action(const struct suspect *suspect, const char *action, long result)
{
    struct line line;
    begin(&line, "action");
    line_number(&line, "fd", (uint64_t)suspect->number);
    line_string(&line, "cause", cause_name(suspect->cause));
    line_string(&line, "dir", direction_name(suspect->direction));
    line_address(&line, "local", &suspect->local);
    line_address(&line, "peer", &suspect->past.peer);
    line_string(&line, "action", action);
    line_string(&line, "result", error_name(result));
    add_site(&line, "site", suspect->site);
    if (suspect->shared)
        line_true(&line, "shared");
    line_cookie(&line, "cookie", suspect->reported_as);
    return end(&line);
}

void report_refused(int number, const char *key, long error)
{
    struct line line;
    begin(&line, "action");
    line_number(&line, "fd", (uint64_t)number);
    line_string(&line, "action", key);
    line_string(&line, "result", error_name(error));
    if (end(&line) == REPORT_BUSY)
        report_give_up();
}

enum report_result report_limit(uint32_t leaks)
{
    static const char *const signals[] = {
        [LIMIT_ONLY_SAYS] = "none", [LIMIT_TERMINATES] = "SIGTERM", [LIMIT_ABORTS] = "SIGABRT"};
    struct line line;
    begin(&line, "limit");
    line_number(&line, "leaks", leaks);
    line_number(&line, "limit", policy->limit);
    line_string(&line, "signal", signals[policy->limit_signal]);
    return end(&line);
}

enum report_result report_backlog(int number, const struct facts *listener, uintptr_t site, uint32_t gone)
{
    struct line line;
    begin(&line, "backlog");
    line_number(&line, "fd", (uint64_t)number);
    line_address(&line, "local", &listener->local);
    line_number(&line, "queue", listener->accept_queue);
    line_number(&line, "limit", listener->accept_limit);
    line_number(&line, "gone", gone);
    add_site(&line, "site", site);
    line_cookie(&line, "cookie", listener->cookie);
    return end(&line);
}

enum report_result report_summary(const struct tally *tally)
{
    struct line line;
    if (policy->summary == SUMMARY_OFF || (policy->summary == SUMMARY_LEAKS && !tally->leaks))
        return REPORT_DONE;
    begin(&line, "summary");
    line_number(&line, "sockets", tally->sockets);
    line_number(&line, "leaks", tally->leaks);
    for (int cause = CAUSE_NONE + 1; cause < CAUSES; cause++)
        if (tally->by_cause[cause])
            line_number(&line, cause_name((enum cause)cause), tally->by_cause[cause]);
    line_number(&line, "healed", tally->healed);
    line_number(&line, "acted", tally->acted);
    if (tally->lost)
        line_number(&line, "lost", tally->lost);
    return end(&line);
}
