/* waitclose: leak pid=812 exe="my program" stack=a+0x1,"b c+0x2" cookie=0x1a7 */
#include <ctype.h>
#include <string.h>

#include "event_fields.h"

static const char start[] = "waitclose: ";

static int hexadecimal(char digit)
{
    return isdigit((unsigned char)digit) ? digit - '0' : tolower((unsigned char)digit) - 'a' + 10;
}

/* What stands behind a backslash, as the library escapes: \" \\ \xXX. Returns how many bytes that were. */
static size_t unescape(const char *escape, char *byte)
{
    if (escape[0] == 'x' && isxdigit((unsigned char)escape[1]) && isxdigit((unsigned char)escape[2])) {
        *byte = (char)(hexadecimal(escape[1]) << 4 | hexadecimal(escape[2]));
        return 3;
    }
    *byte = escape[0];
    return escape[0] != '\0';
}

/*
 * Decodes a value over itself, up to the space that ends it. A comma between values of a list becomes
 * a newline, where asked for. Returns what is behind the value; NULL where its quote is never closed.
 */
static char *decode(char *value, bool is_list)
{
    char *to = value;
    bool quoted = false;

    for (; *value && (quoted || *value != ' '); value++) {
        if (*value == '"')
            quoted = !quoted;
        else if (quoted && *value == '\\')
            value += unescape(value + 1, to++);
        else
            *to++ = *value == ',' && is_list && !quoted ? '\n' : *value;
    }
    if (quoted)
        return NULL;
    char *behind = *value ? value + 1 : value;
    *to = '\0';
    return behind;
}

enum event_kind event_read_text(struct event *event, char *line)
{
    if (strncmp(line, start, strlen(start)) != 0)
        return EVENT_NONE;
    char *word = line + strlen(start);
    char *rest = word + strcspn(word, " ");
    bool has_fields = *rest == ' ';
    *rest = '\0';
    enum event_kind kind = event_kind_of(word);
    rest += has_fields;

    while (kind != EVENT_NONE && *rest) {
        char *name = rest, *sign = strpbrk(name, "= ");
        if (!sign || *sign == ' ')
            return EVENT_TORN;
        *sign = '\0';
        rest = decode(sign + 1, strcmp(name, "stack") == 0);
        if (!rest)
            return EVENT_TORN;
        event_take(event, name, sign + 1);
    }
    return kind;
}
