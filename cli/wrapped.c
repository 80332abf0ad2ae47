#include "wrapped.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "bare.h"
#include "descriptors.h"
#include "told.h"
#include "verdict.h"

/* In no list, and not to be asked: what the watcher knows of it. False: nothing. */
static bool recall(const struct inside *inside, int fd, struct facts *facts)
{
    const struct suspect *suspect = inside_suspect(inside, inside_cookie(inside, fd));
    if (!suspect || !suspect->reported)
        return false;
    *facts = (struct facts){.now = bare_now(),
                            .cookie = suspect->cookie,
                            .state = STATE_CLOSE,
                            .direction = suspect->direction,
                            .local = suspect->local};
    return true;
}

/* The list is older than what was read of the process: as things are now, if nothing has happened since. */
static void bring_up_to_date(struct facts *facts)
{
    int64_t now = bare_now(), passed = now - facts->now;
    facts->now = now;
    facts->sent_age += passed;
    facts->data_age += passed;
    facts->ack_age += passed;
}

static void take_descriptor(const struct descriptor *descriptor, void *context)
{
    struct wrapped *wrapped = context;
    const struct inside *inside = &wrapped->inside;
    struct held held = {
        .facts = descriptor->facts, .asked = !descriptor->refused, .fds = {descriptor->fd}, .fd_count = 1};

    if (descriptor->refused && !recall(inside, descriptor->fd, &held.facts)) {
        wrapped->undecided++;
        return;
    }
    if (!held.facts.state || (unsigned)held.facts.state >= TCP_STATES)
        return;
    if (inside_hint(inside, descriptor->fd, held.facts.cookie, &held.hint) &&
        told_of_another(&held.hint, &held.facts))
        memset(&held.hint, 0, sizeof held.hint);
    bring_up_to_date(&held.facts);
    held.told = told_from(&held.hint, &held.facts);
    wrapped->sockets = array_grow(wrapped->sockets, wrapped->count, &wrapped->room, sizeof *wrapped->sockets);
    wrapped->sockets[wrapped->count++] = held;
}

/* A socket under several numbers is one. */
static void add_twin(struct held *held, const struct held *twin)
{
    if (held->fd_count < FDS_MAX)
        held->fds[held->fd_count] = twin->fds[0];
    held->fd_count++;
    told_add(&held->told, &twin->hint, twin->facts.now);
    if (!held->hint.site)
        held->hint = twin->hint;
}

static int by_cookie(const void *one, const void *other)
{
    const struct held *a = one, *b = other;
    if (a->facts.cookie != b->facts.cookie)
        return a->facts.cookie > b->facts.cookie ? 1 : -1;
    return (a->fds[0] > b->fds[0]) - (a->fds[0] < b->fds[0]);
}

static void merge(struct wrapped *wrapped)
{
    size_t kept = 0;

    if (wrapped->count)
        qsort(wrapped->sockets, wrapped->count, sizeof *wrapped->sockets, by_cookie);
    for (size_t i = 0; i < wrapped->count; i++) {
        const struct held *next = &wrapped->sockets[i];
        if (kept && wrapped->sockets[kept - 1].facts.cookie == next->facts.cookie)
            add_twin(&wrapped->sockets[kept - 1], next);
        else
            wrapped->sockets[kept++] = *next;
    }
    wrapped->count = kept;
}

static bool has_been_connected(const struct facts *facts)
{
    return facts->state != STATE_LISTEN && (facts->state != STATE_CLOSE || facts->established);
}

/* What we have ended stays so, unless the program has connected it anew (look.c). */
static bool is_ended(const struct held *held)
{
    enum tcp_state state = held->facts.state;
    return held->suspect && suspect_is_ended(held->suspect) && state != STATE_ESTABLISHED &&
           state != STATE_SYN_SENT;
}

static enum trouble trouble_of(const struct held *held, const struct verdict *verdict)
{
    if (is_ended(held))
        return TROUBLE_ENDED;
    if (!held->asked || verdict->kind == VERDICT_LEAK)
        return TROUBLE_LEAK;
    bool gone = held->facts.state == STATE_CLOSE_WAIT || held->facts.state == STATE_CLOSE;
    return verdict->cause != CAUSE_NONE && gone ? TROUBLE_YOUNG : TROUBLE_NONE;
}

/* Of what has ended the kernel has forgotten the addresses. */
static void recall_addresses(struct held *held, const struct past *past)
{
    if (held->facts.peer.family == ADDRESS_NONE && held->facts.state != STATE_LISTEN)
        held->facts.peer = past->peer;
    if (!held->facts.local.port && held->suspect)
        held->facts.local = held->suspect->local;
}

/* How long ago; less than 0 where the moment is not known. */
static int64_t since(int64_t moment, int64_t now)
{
    return !moment ? -1 : moment < now ? now - moment : 0;
}

static void judge(struct held *held, const struct inside *inside)
{
    const struct facts *facts = &held->facts;
    const struct suspect *suspect = inside_suspect(inside, facts->cookie);
    struct past past = suspect ? suspect->past : (struct past){.peer = held->hint.peer};

    held->suspect = suspect;
    if (!past.ended_at)
        past.ended_at = verdict_ended_at(facts, &held->told, true);
    struct verdict result = verdict(facts, &held->told, &past, inside->policy);
    held->direction = result.direction;
    held->trouble = trouble_of(held, &result);
    held->cause = held->trouble == TROUBLE_NONE ? CAUSE_NONE : result.cause;
    if (suspect && (held->trouble == TROUBLE_ENDED || !held->asked))
        held->cause = suspect->cause;
    held->open = since(held->hint.flags & HINT_BORN ? held->told.born : 0, facts->now);
    held->fin = since(held->trouble != TROUBLE_NONE ? past.ended_at : 0, facts->now);
    held->idle = !held->asked || !has_been_connected(facts) ? -1
                 : facts->sent_age < facts->data_age        ? facts->sent_age
                                                            : facts->data_age;
    recall_addresses(held, &past);
}

static void name_sites(struct wrapped *wrapped)
{
    pid_t thread = wrapped->inside.thread;

    site_forget();
    site_open(thread, process_told(thread, AT_PHDR), process_told(thread, AT_PHNUM),
              wrapped->process.program);
    for (size_t i = 0; i < wrapped->count; i++) {
        struct held *held = &wrapped->sockets[i];
        if (held->hint.site)
            site_name(held->hint.site, held->site);
        if (held->hint.reader)
            site_name(held->hint.reader, held->reader);
    }
}

static int worst_first(const void *one, const void *other)
{
    const struct held *a = one, *b = other;
    if (a->trouble != b->trouble)
        return a->trouble < b->trouble ? -1 : 1;
    if (a->fin != b->fin)
        return a->fin > b->fin ? -1 : 1;
    return (a->fds[0] > b->fds[0]) - (a->fds[0] < b->fds[0]);
}

static void count(struct wrapped *wrapped)
{
    wrapped->oldest = -1;
    for (size_t i = 0; i < wrapped->count; i++) {
        const struct held *held = &wrapped->sockets[i];
        wrapped->by_state[held->facts.state]++;
        if (held->trouble != TROUBLE_LEAK)
            continue;
        wrapped->leaks++;
        wrapped->by_cause[held->cause]++;
        if (held->fin > wrapped->oldest)
            wrapped->oldest = held->fin;
    }
}

enum inside_answer wrapped_read(struct wrapped *wrapped, pid_t pid, struct socket_list *list)
{
    *wrapped = (struct wrapped){.oldest = -1};
    enum inside_answer answer = inside_read(&wrapped->inside, pid);
    if (answer == INSIDE_READ || answer == INSIDE_UNREADABLE)
        wrapped->process = process_look(pid);
    if (answer != INSIDE_READ)
        return answer;
    wrapped->hidden = !descriptors_visit(wrapped->inside.thread, list, true, take_descriptor, wrapped);
    merge(wrapped);
    for (size_t i = 0; i < wrapped->count; i++)
        judge(&wrapped->sockets[i], &wrapped->inside);
    name_sites(wrapped);
    if (wrapped->count)
        qsort(wrapped->sockets, wrapped->count, sizeof *wrapped->sockets, worst_first);
    count(wrapped);
    return INSIDE_READ;
}

void wrapped_end(struct wrapped *wrapped)
{
    inside_end(&wrapped->inside);
    free(wrapped->sockets);
    *wrapped = (struct wrapped){0};
}
