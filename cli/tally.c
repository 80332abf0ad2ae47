#include "tally.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

static int compare_names(const void *left, const void *right)
{
    const struct tally_entry *one = left, *other = right;
    int by_name = strcmp(one->name, other->name);
    return by_name ? by_name : strcmp(one->build, other->build);
}

static struct tally_entry *find(struct tally *tally, const char *name, const char *build)
{
    struct tally_entry wanted = {.name = (char *)name, .build = (char *)build};
    struct tally_entry **found = tfind(&wanted, &tally->tree, compare_names);
    return found ? *found : NULL;
}

static struct tally_entry *add(struct tally *tally, const char *name, const char *build, int64_t time)
{
    struct tally_entry *entry = must_have(malloc(sizeof *entry));
    *entry = (struct tally_entry){.name = must_have(strdup(name)),
                                  .build = must_have(strdup(build)),
                                  .first = time,
                                  .next = tally->entries};
    must_have(tsearch(entry, &tally->tree, compare_names));
    tally->entries = entry;
    tally->count++;
    return entry;
}

void tally_add(struct tally *tally, const char *name, const char *build, uint64_t pid, int64_t time)
{
    struct tally_entry *entry = find(tally, name, build);
    if (!entry && tally->count == TALLY_MAX) {
        tally->others++;
        return;
    }
    if (!entry)
        entry = add(tally, name, build, time);
    entry->count++;
    entry->pid = pid;
}

static int compare_counts(const void *left, const void *right)
{
    const struct tally_entry *one = *(const struct tally_entry *const *)left;
    const struct tally_entry *other = *(const struct tally_entry *const *)right;
    int by_count = (one->count < other->count) - (one->count > other->count);
    return by_count ? by_count : compare_names(one, other);
}

const struct tally_entry **tally_sorted(const struct tally *tally)
{
    const struct tally_entry **sorted =
        must_have(calloc(tally->count + 1, sizeof(const struct tally_entry *)));
    size_t count = 0;
    for (const struct tally_entry *entry = tally->entries; entry; entry = entry->next)
        sorted[count++] = entry;
    qsort(sorted, count, sizeof(const struct tally_entry *), compare_counts);
    return sorted;
}

void tally_free(struct tally *tally)
{
    struct tally_entry *entry = tally->entries;
    while (entry) {
        struct tally_entry *next = entry->next;
        tdelete(entry, &tally->tree, compare_names);
        free(entry->name);
        free(entry->build);
        free(entry);
        entry = next;
    }
    *tally = (struct tally){0};
}
