#include "survey.h"

#include <stdlib.h>
#include <string.h>

#include "accept_queue.h"
#include "array.h"
#include "holders.h"
#include "message.h"
#include "verdict.h"

static struct group *add_group(struct survey *survey, enum group_kind kind)
{
    survey->groups = array_grow(survey->groups, survey->count, &survey->room, sizeof *survey->groups);
    survey->groups[survey->count] = (struct group){.kind = kind};
    return &survey->groups[survey->count++];
}

static struct finding *add_finding(struct group *group, const struct facts *facts)
{
    group->findings = array_grow(group->findings, group->count, &group->room, sizeof *group->findings);
    group->findings[group->count] = (struct finding){.facts = *facts};
    return &group->findings[group->count++];
}

static void add_number(struct finding *finding, int fd)
{
    if (finding->fd_count < FDS_MAX)
        finding->fds[finding->fd_count] = fd;
    finding->fd_count++;
}

static void take_holders(struct survey *survey, const struct holders *holders)
{
    struct group *group = NULL;

    for (size_t i = 0; i < holders->count; i++) {
        const struct holder *holder = &holders->items[i];
        if (holder->facts.state == STATE_LISTEN)
            continue;
        if (!group || group->process.pid != holder->pid) {
            group = add_group(survey, GROUP_HELD);
            group->process = process_look(holder->pid);
        }
        struct finding *finding = add_finding(group, &holder->facts);
        add_number(finding, holder->fd);
        finding->asked = holder->asked;
    }
}

/* What waits in an accept queue */

static struct facts *listeners_in(const struct socket_list *list, size_t *count)
{
    struct facts *listeners = NULL;
    size_t room = 0;

    *count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->sockets[i].facts.state != STATE_LISTEN)
            continue;
        listeners = array_grow(listeners, *count, &room, sizeof *listeners);
        listeners[(*count)++] = list->sockets[i].facts;
    }
    return listeners;
}

static struct group *add_queue(struct survey *survey, const struct facts *listener,
                               const struct holders *holders)
{
    struct group *group = add_group(survey, GROUP_QUEUED);

    if (listener)
        group->listener = *listener;
    for (size_t i = 0; listener && i < holders->count && !group->process.pid; i++)
        if (holders->items[i].facts.cookie == listener->cookie)
            group->process = process_look(holders->items[i].pid);
    return group;
}

static struct group *queue_of(struct survey *survey, const struct facts *listener,
                              const struct holders *holders)
{
    uint64_t cookie = listener ? listener->cookie : 0;

    for (size_t i = 0; i < survey->count; i++)
        if (survey->groups[i].kind == GROUP_QUEUED && survey->groups[i].listener.cookie == cookie)
            return &survey->groups[i];
    return add_queue(survey, listener, holders);
}

static void take_queued(struct survey *survey, const struct socket_list *list, const struct holders *holders)
{
    size_t count;
    struct facts *listeners = listeners_in(list, &count);

    for (size_t i = 0; i < list->count; i++) {
        const struct facts *facts = &list->sockets[i].facts;
        /* A socket gets its inode when it is accepted. */
        if (facts->state == STATE_CLOSE_WAIT && !facts->inode)
            add_finding(queue_of(survey, accept_queue_find(listeners, count, &facts->local), holders), facts);
    }
    free(listeners);
}

/* What somebody holds whom we do not see */

static struct group *unseen_of(struct survey *survey, uid_t uid)
{
    for (size_t i = 0; i < survey->count; i++)
        if (survey->groups[i].kind == GROUP_UNSEEN && survey->groups[i].process.uid == uid)
            return &survey->groups[i];
    struct group *group = add_group(survey, GROUP_UNSEEN);
    group->process.uid = uid;
    return group;
}

static void take_unseen(struct survey *survey, const struct socket_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct listed *listed = &list->sockets[i];
        if (listed->facts.state != STATE_CLOSE_WAIT || !listed->facts.inode || listed->held)
            continue;
        add_finding(unseen_of(survey, listed->uid), &listed->facts);
        survey->unseen++;
    }
}

/* What is to be said of them */

static int by_cookie(const void *one, const void *other)
{
    uint64_t a = ((const struct finding *)one)->facts.cookie,
             b = ((const struct finding *)other)->facts.cookie;
    return (a > b) - (a < b);
}

/* A socket under several numbers of one process is one socket. */
static void merge(struct group *group)
{
    size_t kept = 0;

    qsort(group->findings, group->count, sizeof *group->findings, by_cookie);
    for (size_t i = 0; i < group->count; i++) {
        const struct finding *next = &group->findings[i];
        if (kept && group->findings[kept - 1].facts.cookie == next->facts.cookie)
            add_number(&group->findings[kept - 1], next->fds[0]);
        else
            group->findings[kept++] = *next;
    }
    group->count = kept;
}

/*
 * As the library judges, with what it would know had no hook seen anything. In an accept
 * queue there is no program yet that could read, so unread data calls for no more patience.
 */
static void judge(struct finding *finding, enum group_kind kind, const struct policy *policy)
{
    static const struct told nothing;
    const struct facts *facts = &finding->facts;
    struct past past = {.ended_at = verdict_ended_at(facts, &nothing, true), .peer = facts->peer};
    struct verdict verdict_here = verdict(facts, &nothing, &past, policy);

    finding->age = facts->now - past.ended_at;
    finding->cause = verdict_here.cause;
    finding->direction = kind == GROUP_QUEUED ? DIRECTION_IN : verdict_here.direction;
    finding->leak = verdict_here.kind == VERDICT_LEAK;
    if (kind == GROUP_QUEUED) {
        struct subject subject = {DIRECTION_IN, CAUSE_EOF_UNREAD, facts->local, facts->peer};
        struct socket_policy chosen = policy_choose(policy, &subject);
        finding->leak = chosen.action != ACTION_IGNORE && finding->age >= chosen.grace;
    }
}

static int worst_first(const void *one, const void *other)
{
    const struct finding *a = one, *b = other;
    if (a->leak != b->leak)
        return a->leak ? -1 : 1;
    return (a->age < b->age) - (a->age > b->age);
}

static void judge_group(struct group *group, const struct policy *policy)
{
    static struct policy own; /* large */

    own = *policy;
    policy_for_program(&own, group->process.program);
    for (size_t i = 0; i < group->count; i++) {
        judge(&group->findings[i], group->kind, &own);
        group->leaks += group->findings[i].leak;
    }
    qsort(group->findings, group->count, sizeof *group->findings, worst_first);
}

static int most_leaks_first(const void *one, const void *other)
{
    const struct group *a = one, *b = other;
    if (a->leaks != b->leaks)
        return a->leaks > b->leaks ? -1 : 1;
    return worst_first(&a->findings[0], &b->findings[0]);
}

struct holding {
    uint64_t cookie;
    struct finding *finding;
};

static int by_holding_cookie(const void *one, const void *other)
{
    const struct holding *a = one, *b = other;
    return (a->cookie > b->cookie) - (a->cookie < b->cookie);
}

/* Of the sockets that several processes hold; and counts those in CLOSE, which no list has counted. */
static void note_sharing(struct survey *survey)
{
    struct holding *all = NULL;
    size_t count = 0, room = 0;

    for (size_t i = 0; i < survey->count; i++)
        for (size_t j = 0; j < survey->groups[i].count; j++) {
            struct finding *finding = &survey->groups[i].findings[j];
            all = array_grow(all, count, &room, sizeof *all);
            all[count++] = (struct holding){finding->facts.cookie, finding};
        }
    if (count)
        qsort(all, count, sizeof *all, by_holding_cookie);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && all[i - 1].cookie == all[i].cookie)
            all[i - 1].finding->shared = all[i].finding->shared = true;
        else
            survey->by_state[STATE_CLOSE] += all[i].finding->facts.state == STATE_CLOSE;
    }
    free(all);
}

int survey_take(struct survey *survey, const struct policy *policy)
{
    struct socket_list list;
    struct holders holders;

    *survey = (struct survey){0};
    int status = socket_list_read(&list);
    if (status == 0) {
        memcpy(survey->by_state, list.by_state, sizeof survey->by_state);
        holders_find(&holders, &list);
        survey->closed_to_us = holders.closed_to_us;
        survey->undecided = holders.undecided;
        take_holders(survey, &holders);
        take_queued(survey, &list, &holders);
        take_unseen(survey, &list);
        for (size_t i = 0; i < survey->count; i++) {
            merge(&survey->groups[i]);
            judge_group(&survey->groups[i], policy);
            survey->leaks += survey->groups[i].leaks;
        }
        note_sharing(survey);
        if (survey->count)
            qsort(survey->groups, survey->count, sizeof *survey->groups, most_leaks_first);
        holders_end(&holders);
    }
    socket_list_end(&list);
    return status;
}

void survey_end(struct survey *survey)
{
    for (size_t i = 0; i < survey->count; i++)
        free(survey->groups[i].findings);
    free(survey->groups);
}

char *survey_shortcomings(const struct survey *survey)
{
    size_t closed = survey->closed_to_us, unseen = survey->unseen, undecided = survey->undecided;
    if (!closed && !undecided)
        return NULL;

    char *processes =
        closed ? text("%zu process%s did not let us see descriptors, which leaves %zu socket%s here "
                      "without an owner, and hides those in CLOSE; ",
                      closed, closed == 1 ? "" : "es", unseen, unseen == 1 ? "" : "s")
               : text("%s", "");
    char *sockets = undecided
                        ? text("%zu socket%s may be in CLOSE or never have been connected, and we may not "
                               "ask; ",
                               undecided, undecided == 1 ? "" : "s")
                        : text("%s", "");
    char *both = text("%s%sthat takes the rights of a debugger", processes, sockets);
    free(processes);
    free(sockets);
    return both;
}
