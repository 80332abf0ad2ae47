/* How a value's text becomes what its field holds, and the way back. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy_reader.h"
#include "policy_values.h"

bool policy_take_digits(const char **text, int64_t *number)
{
    const char *first = *text;
    int64_t sum = 0;

    for (; **text >= '0' && **text <= '9'; ++*text)
        if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_add_overflow(sum, **text - '0', &sum))
            return false;
    *number = sum;
    return *text > first;
}

bool policy_take_number(const char *text, int64_t low, int64_t high, int64_t *number)
{
    return policy_take_digits(&text, number) && *text == '\0' && *number >= low && *number <= high;
}

bool policy_take_duration(const struct policy_key *key, const char *text, int64_t *duration)
{
    static const struct {
        const char *name;
        int64_t length;
    } units[] = {{"", SECOND}, {"ms", 1}, {"s", SECOND}, {"m", MINUTE}, {"h", HOUR}, {"d", DAY}};
    int64_t number;

    if (key->off && strcmp(text, "off") == 0) {
        *duration = DURATION_OFF;
        return true;
    }
    if (!policy_take_digits(&text, &number))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(text, units[i].name) == 0)
            return !__builtin_mul_overflow(number, units[i].length, duration) && *duration >= key->low &&
                   *duration <= key->high;
    return false;
}

static bool take_release(const struct policy_key *key, const char *text, int64_t *release)
{
    if (strcmp(text, "never") == 0)
        *release = DURATION_OFF;
    else if (strcmp(text, "emfile") == 0)
        *release = RELEASE_EMFILE;
    else
        return policy_take_duration(key, text, release);
    return true;
}

static bool take_word(const char *const *words, const char *text, unsigned *number)
{
    for (unsigned i = 0; words && words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *number = i;
            return true;
        }
    }
    return false;
}

static bool take_log(const struct policy_key *key, struct process_policy *process, const char *text)
{
    unsigned word;

    process->log_path[0] = '\0';
    if (take_word(key->words, text, &word)) {
        process->log = (enum log_target)word;
        return true;
    }
    for (const char *percent = text; (percent = strchr(percent, '%')); percent += 2)
        if (percent[1] == '\0' || !strchr("pe%", percent[1]))
            return false;
    process->log = LOG_FILE;
    return snprintf(process->log_path, sizeof process->log_path, "%s", text) < POLICY_PATH_MAX;
}

/* A number, and behind it what is to be sent. */
static bool take_limit(const struct policy_key *key, struct process_policy *process, const char *text)
{
    int64_t number;
    unsigned word;

    if (!policy_take_digits(&text, &number) || number < key->low || number > key->high ||
        !take_word(key->words, text, &word))
        return false;
    process->limit = (unsigned)number;
    process->limit_signal = (enum limit_signal)word;
    return true;
}

static bool take_glob(char *glob, const char *text)
{
    return !strchr(text, '/') && snprintf(glob, POLICY_GLOB_MAX, "%s", text) < POLICY_GLOB_MAX;
}

static bool take_direction(const char *text, enum direction *direction)
{
    for (*direction = DIRECTION_IN; *direction <= DIRECTION_OUT; ++*direction)
        if (strcmp(direction_name(*direction), text) == 0)
            return true;
    return false;
}

static bool take_cause(const char *text, enum cause *cause)
{
    for (*cause = CAUSE_NONE + 1; *cause < CAUSES; ++*cause)
        if (strcmp(cause_name(*cause), text) == 0)
            return true;
    return false;
}

/* Sockets hold IPv4-mapped addresses as IPv4, so a range of them is one of IPv4, or it would never match. */
static bool unmap(struct address_range *range)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    uint8_t *bytes = range->base.bytes;

    if (range->base.family != ADDRESS_IPV6 || memcmp(bytes, mapped, sizeof mapped) != 0)
        return true;
    if (range->prefix < 96)
        return false;
    range->base.family = ADDRESS_IPV4;
    range->prefix -= 96;
    memmove(bytes, bytes + 12, 4);
    memset(bytes + 4, 0, 12);
    return true;
}

static bool take_range(struct address_range *range, const char *text)
{
    char address[INET6_ADDRSTRLEN];
    size_t length = strcspn(text, "/");
    if (length >= sizeof address)
        return false;
    memcpy(address, text, length);
    address[length] = '\0';

    memset(range, 0, sizeof *range);
    if (inet_pton(AF_INET, address, range->base.bytes) == 1)
        range->base.family = ADDRESS_IPV4;
    else if (inet_pton(AF_INET6, address, range->base.bytes) == 1)
        range->base.family = ADDRESS_IPV6;
    else
        return false;

    int64_t widest = range->base.family == ADDRESS_IPV4 ? 32 : 128;
    int64_t prefix = widest;
    if (text[length] == '/' && !policy_take_number(text + length + 1, 0, widest, &prefix))
        return false;
    range->prefix = (uint8_t)prefix;
    if (!unmap(range))
        return false;
    for (unsigned bit = range->prefix; bit < 8 * sizeof range->base.bytes; bit++)
        range->base.bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
    return true;
}

static bool take_ports(struct selectors *selectors, const char *text)
{
    int64_t low;
    int64_t high;

    if (!policy_take_digits(&text, &low))
        return false;
    high = low;
    if (*text == '-' ? !policy_take_number(text + 1, low, UINT16_MAX, &high) : *text != '\0')
        return false;
    if (low < 1 || high > UINT16_MAX)
        return false;
    selectors->port_given = true;
    selectors->port_low = (uint16_t)low;
    selectors->port_high = (uint16_t)high;
    return true;
}

bool policy_key_set(const struct policy_key *key, void *fields, const char *text)
{
    void *field = (char *)fields + key->offset;
    unsigned word = 0;
    int64_t number = 0;

    switch (key->kind) {
    case VALUE_LOG:
        return take_log(key, fields, text);
    case VALUE_WORD:
        return take_word(key->words, text, field);
    case VALUE_SWITCH:
        if (!take_word(key->words, text, &word))
            return false;
        *(bool *)field = word;
        return true;
    case VALUE_NUMBER:
        if (!policy_take_number(text, key->low, key->high, &number))
            return false;
        *(unsigned *)field = (unsigned)number;
        return true;
    case VALUE_DURATION:
        return policy_take_duration(key, text, field);
    case VALUE_RELEASE:
        return take_release(key, text, field);
    case VALUE_LIMIT:
        return take_limit(key, fields, text);
    case VALUE_GLOB:
        return take_glob(field, text);
    case VALUE_DIRECTION:
        return take_direction(text, field);
    case VALUE_CAUSE:
        return take_cause(text, field);
    case VALUE_RANGE:
        return take_range(field, text);
    case VALUE_PORTS:
        return take_ports(fields, text);
    default:
        return policy_take_option(key, field, text);
    }
}

void policy_format_duration(int64_t duration, char *buffer, size_t size)
{
    static const struct {
        const char *name;
        int64_t length;
    } units[] = {{"d", DAY}, {"h", HOUR}, {"m", MINUTE}, {"s", SECOND}, {"ms", 1}};
    size_t unit = duration == 0 ? 3 : 0; /* 0s, not 0d */

    if (duration == DURATION_OFF) {
        snprintf(buffer, size, "off");
        return;
    }
    while (duration % units[unit].length != 0)
        unit++;
    snprintf(buffer, size, "%" PRId64 "%s", duration / units[unit].length, units[unit].name);
}

static void format_release(int64_t release, char *buffer, size_t size)
{
    if (release == DURATION_OFF)
        snprintf(buffer, size, "never");
    else if (release == RELEASE_EMFILE)
        snprintf(buffer, size, "emfile");
    else
        policy_format_duration(release, buffer, size);
}

void policy_format_text(const char *text, char *buffer, size_t size)
{
    bool bare = !strpbrk(text, "[]\" ,;");
    for (const char *at = text; *at; at++)
        bare = bare && *at > ' ' && *at <= '~';
    if (bare) {
        snprintf(buffer, size, "%s", text);
        return;
    }
    buffer[0] = '"';
    policy_escape(buffer + 1, size - 2, text, strlen(text));
    memcpy(buffer + strlen(buffer), "\"", 2);
}

static void format_log(const struct policy_key *key, const struct process_policy *process, char *buffer,
                       size_t size)
{
    if (process->log == LOG_FILE)
        policy_format_text(process->log_path, buffer, size);
    else
        snprintf(buffer, size, "%s", key->words[process->log]);
}

/* 0 where that is too low stands for a number that was not given. */
static void format_number(const struct policy_key *key, unsigned number, char *buffer, size_t size)
{
    if (number < key->low)
        snprintf(buffer, size, "%s", key->fallback);
    else
        snprintf(buffer, size, "%u", number);
}

static void format_limit(const struct policy_key *key, const struct process_policy *process, char *buffer,
                         size_t size)
{
    if (process->limit)
        snprintf(buffer, size, "%u%s", process->limit, key->words[process->limit_signal]);
    else
        snprintf(buffer, size, "%s", key->fallback);
}

static void format_range(const struct address_range *range, char *buffer, size_t size)
{
    bool narrow = range->base.family == ADDRESS_IPV4;
    char address[INET6_ADDRSTRLEN] = "";

    if (range->base.family == ADDRESS_NONE)
        return;
    inet_ntop(narrow ? AF_INET : AF_INET6, range->base.bytes, address, sizeof address);
    if (range->prefix == (narrow ? 32 : 128))
        snprintf(buffer, size, "%s", address);
    else
        snprintf(buffer, size, "%s/%u", address, range->prefix);
}

static void format_ports(const struct selectors *selectors, char *buffer, size_t size)
{
    if (!selectors->port_given)
        return;
    if (selectors->port_low == selectors->port_high)
        snprintf(buffer, size, "%u", selectors->port_low);
    else
        snprintf(buffer, size, "%u-%u", selectors->port_low, selectors->port_high);
}

void policy_key_format(const struct policy_key *key, const void *fields, char *buffer, size_t size)
{
    const void *field = (const char *)fields + key->offset;

    buffer[0] = '\0';
    switch (key->kind) {
    case VALUE_LOG:
        format_log(key, fields, buffer, size);
        break;
    case VALUE_WORD:
        snprintf(buffer, size, "%s", key->words[*(const unsigned *)field]);
        break;
    case VALUE_SWITCH:
        snprintf(buffer, size, "%s", key->words[*(const bool *)field]);
        break;
    case VALUE_NUMBER:
        format_number(key, *(const unsigned *)field, buffer, size);
        break;
    case VALUE_DURATION:
        policy_format_duration(*(const int64_t *)field, buffer, size);
        break;
    case VALUE_RELEASE:
        format_release(*(const int64_t *)field, buffer, size);
        break;
    case VALUE_LIMIT:
        format_limit(key, fields, buffer, size);
        break;
    case VALUE_GLOB:
        policy_format_text(field, buffer, size);
        break;
    case VALUE_DIRECTION:
        if (*(const enum direction *)field != DIRECTION_UNKNOWN)
            snprintf(buffer, size, "%s", direction_name(*(const enum direction *)field));
        break;
    case VALUE_CAUSE:
        if (*(const enum cause *)field != CAUSE_NONE)
            snprintf(buffer, size, "%s", cause_name(*(const enum cause *)field));
        break;
    case VALUE_RANGE:
        format_range(field, buffer, size);
        break;
    case VALUE_PORTS:
        format_ports(fields, buffer, size);
        break;
    default:
        policy_format_option(key, field, buffer, size);
    }
}
