#include "ledger.h"

#include <search.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "waitclose/cause.h"

/* A process that holds sockets. One that becomes another program is another process here. */
struct process {
    uint64_t pid;
    char *exe;
    struct socket *sockets;
};

/* A socket that was reported and, as far as the logs tell, is still held. */
struct socket {
    uint64_t pid, cookie;
    struct process *process;
    struct socket *previous, *next; /* of the same process */
    struct group *group;            /* of its last leak */
    enum cause cause;               /* and why that was */
    bool acted;                     /* its connection has been ended; the program holds the number */
};

static int compare(uint64_t one, uint64_t other)
{
    return (one > other) - (one < other);
}

static int compare_processes(const void *left, const void *right)
{
    const struct process *one = left, *other = right;
    return compare(one->pid, other->pid);
}

static int compare_sockets(const void *left, const void *right)
{
    const struct socket *one = left, *other = right;
    int by_cookie = compare(one->cookie, other->cookie);
    return by_cookie ? by_cookie : compare(one->pid, other->pid);
}

static int compare_groups(const void *left, const void *right)
{
    const struct group *one = left, *other = right;
    int by_name = strcmp(one->name, other->name);
    return by_name ? by_name : strcmp(one->build, other->build);
}

typedef int comparison(const void *left, const void *right);

static void *find(void *const *tree, const void *wanted, comparison *compare_them)
{
    void *const *found = tfind(wanted, tree, compare_them);
    return found ? *found : NULL;
}

static void insert(void **tree, void *item, comparison *compare_them)
{
    must_have(tsearch(item, tree, compare_them));
}

static struct process *find_process(const struct ledger *ledger, const struct event *event)
{
    struct process wanted = {.pid = event->pid};
    return find(&ledger->process_tree, &wanted, compare_processes);
}

static struct process *process_of(struct ledger *ledger, const struct event *leak)
{
    struct process *process = find_process(ledger, leak);
    if (process)
        return process;
    process = must_have(malloc(sizeof *process));
    *process = (struct process){.pid = leak->pid, .exe = text("%s", leak->exe)};
    insert(&ledger->process_tree, process, compare_processes);
    return process;
}

static struct group *group_of(struct ledger *ledger, const struct event *leak)
{
    char room[GROUP_NAME_MAX];
    struct group wanted = {.name = (char *)group_name(leak, ledger->by, room),
                           .build = (char *)group_build(leak, ledger->by)};
    struct group *group = find(&ledger->group_tree, &wanted, compare_groups);
    if (group)
        return group;
    group = group_new(wanted.name, wanted.build);
    insert(&ledger->group_tree, group, compare_groups);
    group->next = ledger->groups;
    ledger->groups = group;
    ledger->group_count++;
    return group;
}

static struct socket *find_socket(const struct ledger *ledger, const struct event *event)
{
    struct socket wanted = {.pid = event->pid, .cookie = event->cookie};
    return find(&ledger->socket_tree, &wanted, compare_sockets);
}

static struct socket *add_socket(struct ledger *ledger, const struct event *leak)
{
    struct process *process = process_of(ledger, leak);
    struct socket *socket = must_have(malloc(sizeof *socket));
    *socket = (struct socket){
        .pid = leak->pid, .cookie = leak->cookie, .process = process, .next = process->sockets};
    if (socket->next)
        socket->next->previous = socket;
    process->sockets = socket;
    insert(&ledger->socket_tree, socket, compare_sockets);
    return socket;
}

/* A process without sockets need not be remembered. */
static void remove_process(struct ledger *ledger, struct process *process)
{
    tdelete(process, &ledger->process_tree, compare_processes);
    free(process->exe);
    free(process);
}

static void remove_socket(struct ledger *ledger, struct socket *socket)
{
    struct process *process = socket->process;
    if (socket->previous)
        socket->previous->next = socket->next;
    else
        process->sockets = socket->next;
    if (socket->next)
        socket->next->previous = socket->previous;
    tdelete(socket, &ledger->socket_tree, compare_sockets);
    free(socket);
    if (!process->sockets)
        remove_process(ledger, process);
}

/* What an open leak may become. */
static const size_t healed = offsetof(struct counts, healed), acted = offsetof(struct counts, acted),
                    exited = offsetof(struct counts, exited);

static void settle_in(struct counts *counts, size_t outcome)
{
    counts->open--;
    ++*(uint64_t *)((char *)counts + outcome);
}

/* Unless it is settled already. */
static void settle(struct ledger *ledger, const struct socket *socket, size_t outcome)
{
    if (socket->acted)
        return;
    settle_in(&socket->group->counts, outcome);
    settle_in(&ledger->total, outcome);
}

static void end_process(struct ledger *ledger, struct process *process)
{
    for (struct socket *next, *socket = process->sockets; socket; socket = next) {
        next = socket->next; /* with the last one the process goes too */
        settle(ledger, socket, exited);
        remove_socket(ledger, socket);
    }
}

/*
 * Another program under the same number: by execve(2), or the old one ended
 * without a word and the number came up again.
 */
static void end_predecessor(struct ledger *ledger, const struct event *event)
{
    struct process *process = find_process(ledger, event);
    if (process && strcmp(process->exe, event->exe) != 0)
        end_process(ledger, process);
}

static enum cause cause_of(const struct event *event)
{
    for (enum cause cause = CAUSE_NONE + 1; cause < CAUSES; cause++)
        if (strcmp(event->cause, cause_name(cause)) == 0)
            return cause;
    return CAUSE_NONE;
}

/* A socket leaks again only after it was in use again; the same leak twice is one log read twice. */
static void take_leak(struct ledger *ledger, const struct event *leak)
{
    enum cause cause = cause_of(leak);
    struct socket *socket = find_socket(ledger, leak);
    if (socket && socket->cause == cause)
        return;
    if (socket)
        settle(ledger, socket, healed);
    else
        socket = add_socket(ledger, leak);

    socket->group = group_of(ledger, leak);
    socket->cause = cause;
    socket->acted = false;
    group_add(socket->group, leak);
    socket->group->counts.open++;
    ledger->total.leaks++;
    ledger->total.open++;
}

static void take_healed(struct ledger *ledger, const struct event *event)
{
    struct socket *socket = find_socket(ledger, event);
    if (!socket) {
        ledger->early++;
        return;
    }
    settle(ledger, socket, healed);
    remove_socket(ledger, socket);
}

/* action=close keeps the number taken, until the program closes it or release= gives it back. */
static void take_action(struct ledger *ledger, const struct event *event)
{
    struct socket *socket = find_socket(ledger, event);
    bool succeeded = strcmp(event->result, "ok") == 0, released = strcmp(event->action, "release") == 0;
    if (!socket) {
        ledger->early++;
    } else if (!succeeded) {
        socket->group->counts.failed++;
        ledger->total.failed++;
    } else if (released) {
        remove_socket(ledger, socket);
    } else {
        settle(ledger, socket, acted);
        socket->acted = true;
    }
}

static void take_summary(struct ledger *ledger, const struct event *event)
{
    struct process *process = find_process(ledger, event);
    ledger->lost += event->lost;
    if (process)
        end_process(ledger, process);
}

/* A signal that ends the process leaves it no time for a summary. */
static void take_limit(struct ledger *ledger, const struct event *event)
{
    struct process *process = find_process(ledger, event);
    bool signalled = *event->signal && strcmp(event->signal, "none") != 0;
    ledger->limit++;
    if (process && signalled)
        end_process(ledger, process);
}

static void take_time(struct ledger *ledger, int64_t time)
{
    if (time < 0)
        return;
    ledger->first = ledger->first < 0 || time < ledger->first ? time : ledger->first;
    ledger->last = time > ledger->last ? time : ledger->last;
}

void ledger_open(struct ledger *ledger, enum dimension by)
{
    *ledger = (struct ledger){.by = by, .first = -1, .last = -1};
}

void ledger_take(struct ledger *ledger, const struct event *event)
{
    if (event->kind == EVENT_TORN) {
        ledger->torn++;
        return;
    }
    ledger->events++;
    take_time(ledger, event->time);
    end_predecessor(ledger, event);
    if (event->kind == EVENT_LEAK)
        take_leak(ledger, event);
    else if (event->kind == EVENT_HEALED)
        take_healed(ledger, event);
    else if (event->kind == EVENT_ACTION)
        take_action(ledger, event);
    else if (event->kind == EVENT_SUMMARY)
        take_summary(ledger, event);
    else if (event->kind == EVENT_LIMIT)
        take_limit(ledger, event);
    ledger->backlog += event->kind == EVENT_BACKLOG;
}

void ledger_close(struct ledger *ledger)
{
    while (ledger->socket_tree)
        remove_socket(ledger, *(struct socket **)ledger->socket_tree);
    while (ledger->groups) {
        struct group *next = ledger->groups->next;
        tdelete(ledger->groups, &ledger->group_tree, compare_groups);
        group_free(ledger->groups);
        ledger->groups = next;
    }
}
