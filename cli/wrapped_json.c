/* A wrapped process as JSON; the names are those of the library's events where it has them (waitclose(7)). */
#include <inttypes.h>
#include <stdlib.h>

#include "json.h"
#include "wrapped.h"

static void print_states(const struct wrapped *wrapped, FILE *out)
{
    const char *separator = "";

    fputs(",\"states\":{", out);
    for (unsigned state = 0; state < TCP_STATES; state++) {
        if (!wrapped->by_state[state])
            continue;
        fprintf(out, "%s\"%s\":%u", separator, state_name(state), wrapped->by_state[state]);
        separator = ",";
    }
    fputc('}', out);
}

static void print_causes(const struct wrapped *wrapped, FILE *out)
{
    const char *separator = "";

    fputs(",\"causes\":{", out);
    for (unsigned cause = CAUSE_NONE + 1; cause < CAUSES; cause++) {
        if (!wrapped->by_cause[cause])
            continue;
        fprintf(out, "%s\"%s\":%zu", separator, cause_name(cause), wrapped->by_cause[cause]);
        separator = ",";
    }
    fputc('}', out);
}

/* Since the watcher began, as in its summary; a child starts anew. */
static void print_tally(const struct wrapped *wrapped, FILE *out)
{
    const struct tally *tally = &wrapped->inside.tally;
    fprintf(out, ",\"since_start\":{\"sockets\":%u,\"leaks\":%u,\"healed\":%u,\"acted\":%u}",
            wrapped->inside.born, tally->leaks, tally->healed, tally->acted);
}

static void print_text(FILE *out, const char *key, const char *value)
{
    fprintf(out, ",\"%s\":", key);
    json_string(out, value);
}

static void print_ages(const struct held *held, FILE *out)
{
    if (held->open >= 0)
        json_seconds(out, "open_s", held->open);
    if (held->fin >= 0)
        json_seconds(out, "fin_s", held->fin);
    if (held->idle >= 0) {
        json_seconds(out, "idle_s", held->idle);
        json_seconds(out, "sent_s", held->facts.sent_age);
    }
}

static void print_queues(const struct facts *facts, FILE *out)
{
    if (facts->state == STATE_LISTEN)
        fprintf(out, ",\"queue\":%u,\"limit\":%u", facts->accept_queue, facts->accept_limit);
    else
        fprintf(out, ",\"recv_q\":%u,\"send_q\":%u,\"rx\":%" PRIu64 ",\"tx\":%" PRIu64, facts->recv_q,
                facts->send_q, facts->rx, facts->tx);
}

static void print_held(const struct held *held, FILE *out)
{
    char *action = wrapped_action(held);

    fputs("{\"fds\":[", out);
    for (size_t i = 0; i < held->fd_count && i < FDS_MAX; i++)
        fprintf(out, "%s%d", i ? "," : "", held->fds[i]);
    fprintf(out, "],\"leak\":%s,\"reported\":%s", held->trouble == TROUBLE_LEAK ? "true" : "false",
            held->suspect && held->suspect->reported ? "true" : "false");
    if (held->cause != CAUSE_NONE)
        fprintf(out, ",\"cause\":\"%s\"", cause_name(held->cause));
    fprintf(out, ",\"state\":\"%s\",\"dir\":\"%s\"", state_name(held->facts.state),
            direction_name(held->direction));
    json_address(out, "local", &held->facts.local);
    json_address(out, "peer", &held->facts.peer);
    print_ages(held, out);
    if (held->asked)
        print_queues(&held->facts, out);
    if (action)
        print_text(out, held->trouble == TROUBLE_ENDED ? "ended" : "failed", action);
    if (held->site[0])
        print_text(out, "site", held->site);
    if (held->reader[0])
        print_text(out, "reader", held->reader);
    if (held->facts.tls_close_notify)
        fputs(",\"tls_close_notify\":true", out);
    fprintf(out, ",\"cookie\":\"0x%" PRIx64 "\"}", held->facts.cookie);
    free(action);
}

static void print_process(const struct wrapped *wrapped, FILE *out)
{
    fprintf(out, "{\"pid\":%d", wrapped->process.pid);
    print_text(out, "exe", wrapped->process.program);
    fprintf(out, ",\"uid\":%u", wrapped->process.uid);
    print_text(out, "user", user_name(wrapped->process.uid));
}

static void print_watched(const struct wrapped *wrapped, FILE *out)
{
    char *policy = wrapped_policy(wrapped);

    print_text(out, "policy", policy);
    print_text(out, "watcher", wrapped_watcher(wrapped));
    print_states(wrapped, out);
    fprintf(out, ",\"leaks\":%zu", wrapped->leaks);
    print_causes(wrapped, out);
    if (wrapped->oldest >= 0)
        json_seconds(out, "oldest_s", wrapped->oldest);
    print_tally(wrapped, out);
    free(policy);
}

void wrapped_print_json(const struct wrapped *wrapped, bool sockets, FILE *out)
{
    print_process(wrapped, out);
    if (wrapped->inside.why[0]) {
        print_text(out, "unreadable", wrapped->inside.why);
        fputc('}', out);
        return;
    }
    print_watched(wrapped, out);
    for (size_t i = 0; sockets && i < wrapped->count; i++) {
        fputs(i ? "," : ",\"sockets\":[", out);
        print_held(&wrapped->sockets[i], out);
    }
    fputs(!sockets ? "}" : wrapped->count ? "]}" : ",\"sockets\":[]}", out);
}
