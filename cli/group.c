#include "group.h"

#include <stdlib.h>
#include <string.h>

#include "build_id.h"
#include "message.h"

/* Of a client the port means nothing; of a service it is half its name. */
static const char *peer_name(const struct event *leak, char room[GROUP_NAME_MAX])
{
    const char *port = strrchr(leak->peer, ':');
    if (strcmp(leak->direction, "in") != 0 || !port)
        return leak->peer;
    size_t length = (size_t)(port - leak->peer);
    memcpy(room, leak->peer, length);
    room[length] = '\0';
    return room;
}

const char *group_name(const struct event *leak, enum dimension by, char room[GROUP_NAME_MAX])
{
    switch (by) {
    case BY_SITE:
        return leak->site;
    case BY_CAUSE:
        return leak->cause;
    case BY_PEER:
        return peer_name(leak, room);
    case BY_EXE:
        return leak->exe;
    case BY_READER:
        return leak->reader;
    case BY_STACK:
    default:
        return leak->stack;
    }
}

const char *group_build(const struct event *leak, enum dimension by)
{
    switch (by) {
    case BY_SITE:
        return leak->site_build;
    case BY_READER:
        return build_id_at(leak->reader, leak->site, leak->site_build);
    case BY_STACK:
        return *leak->stack ? leak->site_build : "";
    default:
        return "";
    }
}

struct group *group_new(const char *name, const char *build)
{
    struct group *group = must_have(calloc(1, sizeof *group));
    group->name = text("%s", name);
    group->build = text("%s", build);
    group->first = group->last = -1;
    return group;
}

void group_add(struct group *group, const struct event *leak)
{
    char room[GROUP_NAME_MAX];

    group->counts.leaks++;
    if (leak->time >= 0 && (group->first < 0 || leak->time < group->first))
        group->first = leak->time;
    group->last = leak->time > group->last ? leak->time : group->last;
    group->dead_on_accept += leak->dead_on_accept;
    group->shared += leak->shared;
    for (enum dimension by = 0; by < DIMENSIONS; by++)
        tally_add(&group->parts[by], group_name(leak, by, room), group_build(leak, by), leak->pid,
                  leak->time);
}

uint64_t counts_unhealed(const struct counts *counts)
{
    return counts->leaks - counts->healed;
}

static int compare_ranks(const void *left, const void *right)
{
    const struct group *one = *(const struct group *const *)left,
                       *other = *(const struct group *const *)right;
    uint64_t mine[] = {counts_unhealed(&one->counts), one->counts.leaks};
    uint64_t theirs[] = {counts_unhealed(&other->counts), other->counts.leaks};

    for (int i = 0; i < 2; i++)
        if (mine[i] != theirs[i])
            return mine[i] < theirs[i] ? 1 : -1;
    int by_name = strcmp(one->name, other->name);
    return by_name ? by_name : strcmp(one->build, other->build);
}

const struct group **groups_ranked(const struct group *groups, size_t count)
{
    const struct group **ranked = must_have(calloc(count + 1, sizeof(const struct group *)));
    size_t at = 0;
    for (; groups; groups = groups->next)
        ranked[at++] = groups;
    qsort(ranked, count, sizeof(const struct group *), compare_ranks);
    return ranked;
}

void group_free(struct group *group)
{
    for (enum dimension by = 0; by < DIMENSIONS; by++)
        tally_free(&group->parts[by]);
    free(group->name);
    free(group->build);
    free(group);
}
