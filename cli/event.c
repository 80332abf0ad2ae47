#include "event.h"

#include <stdlib.h>
#include <string.h>

#include "event_fields.h"

static const char *const kinds[] = {
    [EVENT_LEAK] = "leak",       [EVENT_ACTION] = "action", [EVENT_HEALED] = "healed",
    [EVENT_BACKLOG] = "backlog", [EVENT_LIMIT] = "limit",   [EVENT_SUMMARY] = "summary",
};

enum event_kind event_kind_of(const char *name)
{
    for (size_t kind = EVENT_LEAK; kind < sizeof kinds / sizeof *kinds; kind++)
        if (strcmp(name, kinds[kind]) == 0)
            return (enum event_kind)kind;
    return EVENT_NONE;
}

enum field_kind { FIELD_WORD, FIELD_NUMBER, FIELD_TRUTH };

static const struct field {
    const char *name;
    enum field_kind kind;
    size_t place; /* in struct event */
} fields[] = {
    {"pid", FIELD_NUMBER, offsetof(struct event, pid)},
    {"exe", FIELD_WORD, offsetof(struct event, exe)},
    {"cause", FIELD_WORD, offsetof(struct event, cause)},
    {"dir", FIELD_WORD, offsetof(struct event, direction)},
    {"peer", FIELD_WORD, offsetof(struct event, peer)},
    {"action", FIELD_WORD, offsetof(struct event, action)},
    {"result", FIELD_WORD, offsetof(struct event, result)},
    {"signal", FIELD_WORD, offsetof(struct event, signal)},
    {"site", FIELD_WORD, offsetof(struct event, site)},
    {"site_build", FIELD_WORD, offsetof(struct event, site_build)},
    {"reader", FIELD_WORD, offsetof(struct event, reader)},
    {"stack", FIELD_WORD, offsetof(struct event, stack)},
    {"dead_on_accept", FIELD_TRUTH, offsetof(struct event, dead_on_accept)},
    {"shared", FIELD_TRUTH, offsetof(struct event, shared)},
    {"cookie", FIELD_NUMBER, offsetof(struct event, cookie)},
    {"acted", FIELD_NUMBER, offsetof(struct event, acted)},
    {"lost", FIELD_NUMBER, offsetof(struct event, lost)},
};

enum { FIELDS = sizeof fields / sizeof *fields };

static const struct field *find(const char *name)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (*name == *fields[i].name && strcmp(name, fields[i].name) == 0)
            return &fields[i];
    return NULL;
}

void event_take_number(struct event *event, const char *name, uint64_t value)
{
    const struct field *field = find(name);
    if (field && field->kind == FIELD_NUMBER)
        *(uint64_t *)((char *)event + field->place) = value;
}

void event_take_true(struct event *event, const char *name)
{
    const struct field *field = find(name);
    if (field && field->kind == FIELD_TRUTH)
        *(bool *)((char *)event + field->place) = true;
}

void event_take(struct event *event, const char *name, const char *value)
{
    const struct field *field = find(name);
    void *place = field ? (char *)event + field->place : NULL;
    if (field && field->kind == FIELD_WORD)
        *(const char **)place = value;
    else if (field && field->kind == FIELD_TRUTH)
        *(bool *)place = true;
    else if (field)
        *(uint64_t *)place = strtoull(value, NULL, 0);
}

/* Each event's last field stands for those before it. */
static bool is_whole(const struct event *event)
{
    bool of_socket = event->cookie && *event->exe;

    switch (event->kind) {
    case EVENT_LEAK:
    case EVENT_HEALED:
        return event->pid && of_socket && *event->cause;
    case EVENT_ACTION:
        return event->pid && of_socket && *event->action && *event->result;
    case EVENT_SUMMARY:
        return event->pid && *event->exe && event->acted != UINT64_MAX;
    default:
        return event->pid != 0;
    }
}

enum event_kind event_read(struct event *event, char *line, size_t length)
{
    *event = (struct event){.time = -1, .acted = UINT64_MAX};
    for (size_t i = 0; i < FIELDS; i++)
        if (fields[i].kind == FIELD_WORD)
            *(const char **)((char *)event + fields[i].place) = "";
    line[length] = '\0';
    if (length > EVENT_LINE_MAX)
        return event->kind = EVENT_NONE;

    event->kind = *line == '{' ? event_read_json(event, line, length) : event_read_text(event, line);
    if (event->kind > EVENT_TORN && !is_whole(event))
        event->kind = EVENT_TORN;
    return event->kind;
}
