/* {"time":"2026-01-31T09:00:00.123Z","event":"leak","pid":812, ... ,"cookie":"0x1a7"} */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "event_fields.h"

/* 2026-01-31T09:00:00.123Z, as the library writes it, in ms since 1970; -1 for anything else. */
static int64_t read_time(const char *words)
{
    struct tm date = {0};
    const char *rest = strptime(words, "%Y-%m-%dT%H:%M:%S", &date);
    if (!rest || *rest != '.')
        return -1;
    char *end;
    unsigned long ms = strtoul(rest + 1, &end, 10);
    return end == rest + 4 && *end == 'Z' ? (int64_t)timegm(&date) * 1000 + (int64_t)ms : -1;
}

/*
 * Words go where the line stood, which the parser has done with. They fit: in
 * the line each had its quotes around it, and decoding lengthens nothing.
 */
static char *put(char *to, const char *words, char behind)
{
    size_t length = strlen(words);
    memcpy(to, words, length + 1);
    to[length] = behind;
    return to + length + 1;
}

static char *put_list(char *to, const cJSON *list)
{
    const cJSON *item;
    char *at = to;
    cJSON_ArrayForEach(item, list) if (cJSON_IsString(item)) at = put(at, item->valuestring, '\n');
    at -= at > to; /* the last newline, if there is one, becomes the end */
    *at = '\0';
    return at + 1;
}

static void take_fields(struct event *event, const cJSON *object, char *line)
{
    char *to = line;
    const cJSON *field;
    cJSON_ArrayForEach(field, object)
    {
        const char *value = to;
        if (cJSON_IsString(field)) {
            to = put(to, field->valuestring, '\0');
            event_take(event, field->string, value);
        } else if (cJSON_IsArray(field) && cJSON_GetArraySize(field)) {
            to = put_list(to, field);
            event_take(event, field->string, value);
        } else if (cJSON_IsNumber(field) && field->valuedouble >= 0 && field->valuedouble < 0x1p53) {
            event_take_number(event, field->string, (uint64_t)field->valuedouble);
        } else if (cJSON_IsTrue(field)) {
            event_take_true(event, field->string);
        }
    }
}

/* Whether a line that is no JSON was to be one of the library's. */
static bool begins_as_ours(const char *line)
{
    static const char start[] = "{\"time\":\"", event[] = "\",\"event\":\"";
    return strncmp(line, start, strlen(start)) == 0 && strstr(line, event) != NULL;
}

enum event_kind event_read_json(struct event *event, char *line, size_t length)
{
    /* What other programs log is cheaply passed over. */
    if (!strstr(line, "\"event\""))
        return EVENT_NONE;
    cJSON *object = cJSON_ParseWithLength(line, length);
    if (!object)
        return begins_as_ours(line) ? EVENT_TORN : EVENT_NONE;

    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "event"));
    const char *time = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "time"));
    enum event_kind kind = name && time ? event_kind_of(name) : EVENT_NONE;
    if (kind != EVENT_NONE) {
        event->time = read_time(time);
        take_fields(event, object, line);
    }
    cJSON_Delete(object);
    return kind;
}
