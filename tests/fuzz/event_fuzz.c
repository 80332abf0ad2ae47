/*
 * Any bytes as a log. Whatever a line holds, its words must stand in that line;
 * and whatever the events are, each leak must have become exactly one thing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "event_fuzz: %s\n", what);
    abort();
}

static void check_words(const struct event *event, const char *line, size_t length)
{
    const char *words[] = {event->exe,    event->cause,  event->direction, event->peer,
                           event->site,   event->reader, event->stack,     event->action,
                           event->result, event->signal, event->site_build};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        require(!*words[i] || (words[i] >= line && words[i] + strlen(words[i]) <= line + length),
                "a word beyond the line");
}

static void check_counts(const struct counts *counts)
{
    require(counts->leaks == counts->open + counts->healed + counts->acted + counts->exited,
            "a leak that became two things, or nothing");
}

static void check_groups(const struct ledger *ledger)
{
    struct counts sum = {0};
    for (const struct group *group = ledger->groups; group; group = group->next) {
        check_counts(&group->counts);
        sum.leaks += group->counts.leaks;
        sum.open += group->counts.open;
    }
    check_counts(&ledger->total);
    require(sum.leaks == ledger->total.leaks && sum.open == ledger->total.open,
            "groups that are not the whole");
}

/* The first byte says what leaks are grouped by; each line is memory of its own, so that reading beyond is
 * noticed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ledger ledger;
    if (!size)
        return 0;
    ledger_open(&ledger, (enum dimension)(*data % GROUPINGS));
    for (size_t at = 1, length; at < size; at += length + 1) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        length = end ? (size_t)(end - data) - at : size - at;
        char *line = malloc(length + 1);
        struct event event;
        require(line != NULL, "no memory");
        memcpy(line, data + at, length);
        if (event_read(&event, line, length) != EVENT_NONE) {
            check_words(&event, line, length);
            ledger_take(&ledger, &event);
        }
        free(line);
    }
    check_groups(&ledger);
    ledger_close(&ledger);
    require(!ledger.socket_tree && !ledger.process_tree && !ledger.group_tree, "something is left");
    return 0;
}
