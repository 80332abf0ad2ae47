#include "line.h"

#include "bare.h"

enum {
    LINE_TAIL = 4,         /* room that is kept for what ends a line: `"]}` and the newline */
    LINE_AFTER_LIST = 160, /* and, by a list, for the fields after it */
};

static void put(struct line *line, const char *bytes, size_t size)
{
    if (line->full || line->length + size > sizeof line->text - LINE_TAIL) {
        line->full = true;
        return;
    }
    memcpy(line->text + line->length, bytes, size);
    line->length += size;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

static size_t decimal(char *text, uint64_t value)
{
    char digits[20];
    size_t count = 0, length = 0;
    do
        digits[count++] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    while (count)
        text[length++] = digits[--count];
    return length;
}

static size_t padded(char *text, uint64_t value, size_t width)
{
    for (size_t at = width; at-- > 0; value /= 10)
        text[at] = (char)('0' + value % 10);
    return width;
}

static size_t hexadecimal(char *text, uint64_t value)
{
    size_t length = 0;
    bool started = false;
    for (int shift = 60; shift >= 0; shift -= 4) {
        unsigned digit = value >> shift & 15;
        started |= digit || !shift;
        if (started)
            text[length++] = "0123456789abcdef"[digit];
    }
    return length;
}

/* RFC 3629, section 4. */
size_t line_utf8_length(const char *text)
{
    const unsigned char *byte = (const unsigned char *)text;
    size_t length = byte[0] >= 0xf0 && byte[0] <= 0xf4   ? 4
                    : byte[0] >= 0xe0 && byte[0] <= 0xef ? 3
                    : byte[0] >= 0xc2 && byte[0] <= 0xdf ? 2
                                                         : 0;
    for (size_t i = 1; i < length; i++)
        if ((byte[i] & 0xc0) != 0x80)
            return 0;
    bool wrong = (byte[0] == 0xe0 && byte[1] < 0xa0) || (byte[0] == 0xed && byte[1] > 0x9f) ||
                 (byte[0] == 0xf0 && byte[1] < 0x90) || (byte[0] == 0xf4 && byte[1] > 0x8f);
    return wrong ? 0 : length;
}

/* One byte that cannot stand as it is: \u00XX in JSON, \xXX in text. */
static void put_escaped_byte(struct line *line, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    char escape[6] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
    char text_escape[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    if (line->format == FORMAT_JSON)
        put(line, escape, sizeof escape);
    else
        put(line, text_escape, sizeof text_escape);
}

static void put_escaped(struct line *line, const char *text)
{
    while (*text) {
        unsigned char byte = (unsigned char)*text;
        size_t sequence = byte < 0x80 ? 1 : line_utf8_length(text);
        char escape[2] = {'\\', *text};
        if (*text == '"' || *text == '\\')
            put(line, escape, 2);
        else if (byte < 0x20 || byte == 0x7f || !sequence)
            put_escaped_byte(line, byte);
        else
            put(line, text, sequence);
        text += sequence ? sequence : 1;
    }
}

/* Whether logfmt can show a value without quotes, in a list too. */
static bool plain(const char *text)
{
    if (!*text)
        return false;
    for (; *text; text++)
        if (*text <= ' ' || *text == '"' || *text == '\\' || *text == '=' || *text == ',' || *text == 0x7f)
            return false; /* with a signed char everything beyond ASCII too; quotes do no harm there */
    return true;
}

static void put_value(struct line *line, const char *value)
{
    bool quoted = line->format == FORMAT_JSON || !plain(value);
    if (quoted)
        put_text(line, "\"");
    put_escaped(line, value);
    if (quoted)
        put_text(line, "\"");
}

static void put_key(struct line *line, const char *key)
{
    if (line->format == FORMAT_JSON) {
        put_text(line, ",\"");
        put_text(line, key);
        put_text(line, "\":");
    } else {
        put_text(line, " ");
        put_text(line, key);
        put_text(line, "=");
    }
}

/* A field that does not fit whole is left out whole. */
static void settle(struct line *line, size_t before)
{
    if (line->full) {
        line->length = before;
        line->full = false;
    }
}

/* Year, month and day from days since 1970 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
static void civil(int64_t days, uint64_t *year, uint64_t *month, uint64_t *day)
{
    uint64_t shifted = (uint64_t)(days + 719468);
    uint64_t era = shifted / 146097, of_era = shifted % 146097;
    uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t from_march = (5 * of_year + 2) / 153;
    *day = of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

/* 2026-01-31T09:00:00.123Z */
static size_t format_time(char text[32], int64_t ms)
{
    uint64_t year, month, day, of_day = (uint64_t)ms % 86400000;
    civil(ms / 86400000, &year, &month, &day);
    size_t length = padded(text, year, 4);
    text[length++] = '-';
    length += padded(text + length, month, 2);
    text[length++] = '-';
    length += padded(text + length, day, 2);
    text[length++] = 'T';
    length += padded(text + length, of_day / 3600000, 2);
    text[length++] = ':';
    length += padded(text + length, of_day / 60000 % 60, 2);
    text[length++] = ':';
    length += padded(text + length, of_day / 1000 % 60, 2);
    text[length++] = '.';
    length += padded(text + length, of_day % 1000, 3);
    text[length++] = 'Z';
    text[length] = '\0';
    return length;
}

void line_begin(struct line *line, enum log_format format, const char *event, int64_t wall_clock)
{
    char time[32];
    line->format = format;
    line->full = false;
    line->length = 0;
    if (format == FORMAT_TEXT) {
        put_text(line, "waitclose: ");
        put_text(line, event);
        return;
    }
    put_text(line, "{\"time\":\"");
    put(line, time, format_time(time, wall_clock));
    put_text(line, "\",\"event\":\"");
    put_text(line, event);
    put_text(line, "\"");
}

void line_string(struct line *line, const char *key, const char *value)
{
    size_t before = line->length;
    put_key(line, key);
    put_value(line, value);
    settle(line, before);
}

static void bare_field(struct line *line, const char *key, const char *value, size_t length)
{
    size_t before = line->length;
    put_key(line, key);
    put(line, value, length);
    settle(line, before);
}

void line_number(struct line *line, const char *key, uint64_t value)
{
    char text[20];
    bare_field(line, key, text, decimal(text, value));
}

void line_seconds(struct line *line, const char *key, int64_t ms)
{
    char text[24];
    uint64_t tenths = ms > 0 ? (uint64_t)ms / 100 : 0;
    size_t length = decimal(text, tenths / 10);
    text[length++] = '.';
    text[length++] = (char)('0' + tenths % 10);
    bare_field(line, key, text, length);
}

void line_cookie(struct line *line, const char *key, uint64_t value)
{
    char text[24] = "0x";
    text[2 + hexadecimal(text + 2, value)] = '\0';
    line_string(line, key, text);
}

void line_true(struct line *line, const char *key)
{
    bare_field(line, key, "true", 4);
}

static size_t format_ipv4(char *text, const uint8_t *bytes)
{
    size_t length = 0;
    for (int i = 0; i < 4; i++) {
        if (i)
            text[length++] = '.';
        length += decimal(text + length, bytes[i]);
    }
    return length;
}

static unsigned group(const uint8_t *bytes, size_t index)
{
    return (unsigned)bytes[2 * index] << 8 | bytes[2 * index + 1];
}

/* The first longest run of zero groups, at least two (RFC 5952, section 4.2). */
static int longest_zeros(const uint8_t *bytes, int *run)
{
    int best = -1;
    *run = 1;
    for (int start = 0; start < 8; start++) {
        int length = 0;
        while (start + length < 8 && !group(bytes, (size_t)start + (size_t)length))
            length++;
        if (length > *run) {
            best = start;
            *run = length;
        }
    }
    return best;
}

static size_t format_ipv6(char *text, const uint8_t *bytes)
{
    int run, zeros = longest_zeros(bytes, &run);
    size_t length = 0;
    for (int i = 0; i < 8; i++) {
        if (i == zeros) {
            text[length++] = ':';
            if (!i)
                text[length++] = ':';
            i += run - 1;
            continue;
        }
        length += hexadecimal(text + length, group(bytes, (size_t)i));
        if (i < 7)
            text[length++] = ':';
    }
    return length;
}

size_t line_format_address(char text[LINE_ADDRESS_MAX], const struct address *address)
{
    size_t length = 0;
    if (address->family == ADDRESS_NONE) {
        memcpy(text, "?", 2);
        return 1;
    }
    if (address->family == ADDRESS_IPV4) {
        length = format_ipv4(text, address->bytes);
    } else {
        text[length++] = '[';
        length += format_ipv6(text + length, address->bytes);
        text[length++] = ']';
    }
    text[length++] = ':';
    length += decimal(text + length, address->port);
    text[length] = '\0';
    return length;
}

void line_address(struct line *line, const char *key, const struct address *address)
{
    char text[LINE_ADDRESS_MAX];
    line_format_address(text, address);
    line_string(line, key, text);
}

void line_list(struct line *line, const char *key, const char *const *values, size_t count)
{
    size_t before = line->length;
    put_key(line, key);
    put_text(line, line->format == FORMAT_JSON ? "[" : "");
    settle(line, before);
    if (line->length == before)
        return;
    for (size_t i = 0; i < count; i++) {
        size_t fits = line->length;
        if (i)
            put_text(line, ",");
        put_value(line, values[i]);
        line->full |= line->length > sizeof line->text - LINE_AFTER_LIST;
        settle(line, fits);
        if (line->length == fits)
            break;
    }
    if (line->format == FORMAT_JSON)
        line->text[line->length++] = ']'; /* LINE_TAIL keeps room for it */
}

void line_end(struct line *line)
{
    if (line->format == FORMAT_JSON)
        line->text[line->length++] = '}';
    line->text[line->length++] = '\n';
}
