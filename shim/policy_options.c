/* The values of socket options, and of heartbeat=: from text and back. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy_values.h"

enum { SECONDS_MAX = 32767, PROBES_MAX = 127 }; /* MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL, MAX_TCP_KEEPCNT */

static bool take_part(const char **text, char end, int64_t high, int *number)
{
    int64_t taken;
    if (!policy_take_digits(text, &taken) || **text != end || taken < 1 || taken > high)
        return false;
    *text += end != '\0';
    *number = (int)taken;
    return true;
}

static bool take_keepalive(struct keepalive *keepalive, const char *text)
{
    *keepalive = (struct keepalive){.on = SWITCH_OFF};
    if (strcmp(text, "off") == 0)
        return true;
    keepalive->on = SWITCH_ON;
    return take_part(&text, '/', SECONDS_MAX, &keepalive->idle) &&
           take_part(&text, '/', SECONDS_MAX, &keepalive->interval) &&
           take_part(&text, '\0', PROBES_MAX, &keepalive->count);
}

static bool take_linger(const struct policy_key *key, const char *text, int64_t *linger)
{
    if (strcmp(text, "off") != 0)
        return policy_take_number(text, key->low, key->high, linger);
    *linger = LINGER_OFF;
    return true;
}

static bool take_switch(const char *text, enum option_switch *option)
{
    *option = strcmp(text, "on") == 0 ? SWITCH_ON : SWITCH_OFF;
    return *option == SWITCH_ON || strcmp(text, "off") == 0;
}

/* The duration ends at the first colon; the text may have more. */
static bool take_heartbeat(const struct policy_key *key, struct heartbeat *heartbeat, const char *text)
{
    char duration[32];
    size_t length = strcspn(text, ":");

    *heartbeat = (struct heartbeat){.after = DURATION_OFF};
    if (strcmp(text, "off") == 0)
        return true;
    if (text[length] != ':' || length >= sizeof duration)
        return false;
    memcpy(duration, text, length);
    duration[length] = '\0';
    const char *words = text + length + 1;
    size_t size = strlen(words);
    if (size < 1 || size > sizeof heartbeat->text || !policy_take_duration(key, duration, &heartbeat->after))
        return false;
    memcpy(heartbeat->text, words, size);
    heartbeat->size = (uint32_t)size;
    return true;
}

bool policy_take_option(const struct policy_key *key, void *field, const char *text)
{
    switch (key->kind) {
    case VALUE_KEEPALIVE:
        return take_keepalive(field, text);
    case VALUE_LINGER:
        return take_linger(key, text, field);
    case VALUE_TIMEOUT:
        return policy_take_duration(key, text, field);
    case VALUE_COUNT:
        return policy_take_number(text, key->low, key->high, field);
    case VALUE_OPTION:
        return take_switch(text, field);
    default:
        return take_heartbeat(key, field, text);
    }
}

static void format_keepalive(const struct policy_key *key, const struct keepalive *keepalive, char *buffer,
                             size_t size)
{
    if (keepalive->on == SWITCH_ON)
        snprintf(buffer, size, "%d/%d/%d", keepalive->idle, keepalive->interval, keepalive->count);
    else
        snprintf(buffer, size, "%s", keepalive->on == SWITCH_OFF ? "off" : key->fallback);
}

static void format_heartbeat(const struct heartbeat *heartbeat, char *buffer, size_t size)
{
    char text[64 + sizeof heartbeat->text];

    policy_format_duration(heartbeat->after, text, sizeof text);
    if (heartbeat->after != DURATION_OFF)
        snprintf(text + strlen(text), sizeof text - strlen(text), ":%.*s", (int)heartbeat->size,
                 heartbeat->text);
    policy_format_text(text, buffer, size);
}

static void format_number(const struct policy_key *key, int64_t number, char *buffer, size_t size)
{
    if (number == UNTOUCHED)
        snprintf(buffer, size, "%s", key->fallback);
    else if (key->kind == VALUE_TIMEOUT)
        policy_format_duration(number, buffer, size);
    else if (key->kind == VALUE_LINGER && number == LINGER_OFF)
        snprintf(buffer, size, "off");
    else
        snprintf(buffer, size, "%" PRId64, number);
}

void policy_format_option(const struct policy_key *key, const void *field, char *buffer, size_t size)
{
    const enum option_switch *option = field;

    switch (key->kind) {
    case VALUE_KEEPALIVE:
        format_keepalive(key, field, buffer, size);
        break;
    case VALUE_HEARTBEAT:
        format_heartbeat(field, buffer, size);
        break;
    case VALUE_OPTION:
        snprintf(buffer, size, "%s",
                 *option == SWITCH_UNTOUCHED ? key->fallback
                 : *option == SWITCH_ON      ? "on"
                                             : "off");
        break;
    default:
        format_number(key, *(const int64_t *)field, buffer, size);
    }
}
