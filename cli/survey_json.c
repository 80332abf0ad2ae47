/* A survey as JSON; the names are those of the library's events where it has them (waitclose(7)). */
#include <inttypes.h>
#include <time.h>

#include "json.h"
#include "line.h"
#include "survey.h"

static void print_time(FILE *out)
{
    struct timespec now;
    struct tm utc;
    char text[32];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    fprintf(out, "{\"time\":\"%s.%03ldZ\"", text, now.tv_nsec / 1000000);
}

static void print_states(const struct survey *survey, FILE *out)
{
    const char *separator = "";

    fputs(",\"states\":{", out);
    for (unsigned state = 0; state < TCP_STATES; state++) {
        if (!survey->by_state[state])
            continue;
        fprintf(out, "%s\"%s\":%u", separator, state_name(state), survey->by_state[state]);
        separator = ",";
    }
    fputc('}', out);
}

static void print_address(FILE *out, const char *key, const struct address *address)
{
    char text[LINE_ADDRESS_MAX];
    line_format_address(text, address);
    fprintf(out, ",\"%s\":\"%s\"", key, text);
}

static void print_seconds(FILE *out, const char *key, int64_t ms)
{
    fprintf(out, ",\"%s\":%" PRId64 ".%" PRId64, key, ms / 1000, ms / 100 % 10);
}

static void print_finding(const struct finding *finding, FILE *out)
{
    const struct facts *facts = &finding->facts;

    fputs("{\"fds\":[", out);
    for (size_t i = 0; i < finding->fd_count && i < FDS_MAX; i++)
        fprintf(out, "%s%d", i ? "," : "", finding->fds[i]);
    fprintf(out, "],\"leak\":%s,\"cause\":\"%s\",\"state\":\"%s\",\"dir\":\"%s\"",
            finding->leak ? "true" : "false", cause_name(finding->cause), state_name(facts->state),
            direction_name(finding->direction));
    print_address(out, "local", &facts->local);
    print_address(out, "peer", &facts->peer);
    print_seconds(out, "fin_s", finding->age);
    print_seconds(out, "sent_s", facts->sent_age);
    fprintf(out, ",\"recv_q\":%u,\"send_q\":%u,\"rx\":%" PRIu64 ",\"tx\":%" PRIu64, facts->recv_q,
            facts->send_q, facts->rx, facts->tx);
    if (facts->tls_close_notify)
        fputs(",\"tls_close_notify\":true", out);
    if (finding->shared)
        fputs(",\"shared\":true", out);
    fprintf(out, ",\"cookie\":\"0x%" PRIx64 "\"}", facts->cookie);
}

static void print_process(const struct process *process, FILE *out)
{
    static const char *const wrap[] = {
        [WRAPPING_UNKNOWN] = "unknown",
        [WRAPPING_YES] = "yes",
        [WRAPPING_DONE] = "done",
        [WRAPPING_NO] = "no",
    };

    fprintf(out, "\"pid\":%d,\"exe\":", process->pid);
    json_string(out, process->program);
    fprintf(out, ",\"wrap\":\"%s\"", wrap[process->wrapping]);
    if (process->wrapping == WRAPPING_NO) {
        fputs(",\"obstacle\":", out);
        json_string(out, process->obstacle);
    }
    fputc(',', out);
}

static void print_group(const struct group *group, FILE *out)
{
    fputc('{', out);
    if (group->kind == GROUP_QUEUED && group->listener.state) {
        char text[LINE_ADDRESS_MAX];
        line_format_address(text, &group->listener.local);
        fprintf(out, "\"listener\":\"%s\",\"queue\":%u,\"limit\":%u,", text, group->listener.accept_queue,
                group->listener.accept_limit);
    }
    if (group->process.pid)
        print_process(&group->process, out);
    if (group->process.pid || group->kind == GROUP_UNSEEN) {
        fprintf(out, "\"uid\":%u,\"user\":", group->process.uid);
        json_string(out, user_name(group->process.uid));
        fputc(',', out);
    }
    fprintf(out, "\"leaks\":%zu,\"sockets\":[", group->leaks);
    for (size_t i = 0; i < group->count; i++) {
        fputs(i ? "," : "", out);
        print_finding(&group->findings[i], out);
    }
    fputs("]}", out);
}

static void print_groups(const struct survey *survey, FILE *out, const char *key, enum group_kind kind)
{
    const char *separator = "";

    fprintf(out, ",\"%s\":[", key);
    for (size_t i = 0; i < survey->count; i++) {
        if (survey->groups[i].kind != kind)
            continue;
        fputs(separator, out);
        print_group(&survey->groups[i], out);
        separator = ",";
    }
    fputc(']', out);
}

void survey_print_json(const struct survey *survey, FILE *out)
{
    print_time(out);
    print_states(survey, out);
    fprintf(out, ",\"leaks\":%zu", survey->leaks);
    print_groups(survey, out, "processes", GROUP_HELD);
    print_groups(survey, out, "queues", GROUP_QUEUED);
    print_groups(survey, out, "unseen", GROUP_UNSEEN);
    fprintf(out, ",\"closed_to_us\":%zu,\"undecided\":%zu}\n", survey->closed_to_us, survey->undecided);
}
