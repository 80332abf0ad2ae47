/* Tokens: keys, values in quotes and without, separators, comments; and the place of a mistake. */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_reader.h"

static const char separators[] = " \t\n\v\f\r,;";
static const char key_ends[] = "=\"[] \t\n\v\f\r,;";

/* What may follow a value, and the quote, which may not. */
static const char value_ends[] = "\" \t\n\v\f\r,;";
static const char bracketed_value_ends[] = "[]\" \t\n\v\f\r,;";

void policy_escape(char *buffer, size_t size, const char *text, size_t length)
{
    static const char letters[] = "tnvfr"; /* of bytes 9 to 13 */
    size_t used = 0;
    size_t safe = 0; /* where "..." still fits */

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        char piece[5] = {(char)byte};
        if (byte == '\\' || byte == '"')
            snprintf(piece, sizeof piece, "\\%c", byte);
        else if (byte >= '\t' && byte <= '\r')
            snprintf(piece, sizeof piece, "\\%c", letters[byte - '\t']);
        else if (byte < ' ' || byte > '~')
            snprintf(piece, sizeof piece, "\\%03o", byte);
        size_t width = strlen(piece);
        if (used + width >= size) {
            memcpy(buffer + safe, "...", 4);
            return;
        }
        memcpy(buffer + used, piece, width);
        used += width;
        if (used + 4 <= size)
            safe = used;
    }
    buffer[used] = '\0';
}

struct excerpt excerpt(const char *text, size_t length)
{
    struct excerpt shown = {""};
    policy_escape(shown.text, sizeof shown.text, text, length);
    return shown;
}

bool reader_mistaken(const struct reader *reader, const char *where, const char *format, ...)
{
    char *message = reader->mistake->message;
    size_t size = sizeof reader->mistake->message;
    unsigned line = 1;
    const char *start = reader->text;
    const char *newline;
    while ((newline = memchr(start, '\n', (size_t)(where - start)))) {
        start = newline + 1;
        line++;
    }

    struct excerpt source = excerpt(reader->source, strlen(reader->source));
    int used = snprintf(message, size, "%s:%u:%td: ", source.text, line, where - start + 1);
    va_list details;
    va_start(details, format);
    vsnprintf(message + used, size - (size_t)used, format, details);
    va_end(details);
    return false;
}

const char *reader_skip(const char *at)
{
    for (at += strspn(at, separators); *at == '#'; at += strspn(at, separators))
        at += strcspn(at, "\n");
    return at;
}

bool reader_key(struct reader *reader, struct key_token *token)
{
    size_t length = strcspn(reader->at, key_ends);
    bool assigned = reader->at[length] == '=';
    bool enforced = assigned && length > 0 && reader->at[length - 1] == '!';

    *token = (struct key_token){reader->at, length - enforced, assigned, enforced};
    if (token->length == 0)
        return reader_mistaken(reader, reader->at, "'%s' where a key goes; expected key=value",
                               excerpt(reader->at, 1 + enforced).text);
    reader->at += length + assigned;
    return true;
}

/* The byte that a C escape stands for, or -1; *at is behind the backslash and moves behind the escape. */
static int escaped_byte(const char **at)
{
    static const char letters[] = "abfnrtv\\\"'?";
    static const char bytes[] = "\a\b\f\n\r\t\v\\\"'?";
    const char *letter = **at ? strchr(letters, **at) : NULL;
    if (letter) {
        ++*at;
        return bytes[letter - letters];
    }

    bool hexadecimal = **at == 'x';
    char digits[4] = "";
    *at += hexadecimal;
    size_t length = strspn(*at, hexadecimal ? "0123456789abcdefABCDEF" : "01234567");
    size_t most = hexadecimal ? 2 : 3;
    length = length < most ? length : most;
    memcpy(digits, *at, length);
    *at += length;
    unsigned long byte = strtoul(digits, NULL, hexadecimal ? 16 : 8);
    return length > 0 && byte <= UCHAR_MAX ? (int)byte : -1;
}

static bool too_long(const struct reader *reader, const char *where)
{
    return reader_mistaken(reader, where, "a value longer than %d bytes; expected a shorter one",
                           POLICY_PATH_MAX - 1);
}

static bool read_quoted(struct reader *reader, const char *ends)
{
    const char *open = reader->at++;
    size_t length = 0;

    while (*reader->at != '"') {
        const char *where = reader->at++;
        int byte = (unsigned char)*where;
        if (byte == '\0' || byte == '\n')
            return reader_mistaken(reader, open,
                                   "a quote that does not end; expected '\"' before the end of the line");
        if (byte == '\\')
            byte = escaped_byte(&reader->at);
        if (byte < 0)
            return reader_mistaken(
                reader, where, "an unknown escape; expected one of C's, such as \\n \\\" \\\\ \\033 \\x1b");
        if (byte == '\0')
            return reader_mistaken(reader, where, "a NUL byte in a value; expected text");
        if (length == POLICY_PATH_MAX - 1)
            return too_long(reader, open);
        reader->value[length++] = (char)byte;
    }
    reader->value[length] = '\0';
    reader->at++;
    if (*reader->at == '"' || !strchr(ends, *reader->at))
        return reader_mistaken(reader, reader->at, "'%s' after a closing quote; expected a separator",
                               excerpt(reader->at, 1).text);
    return true;
}

bool reader_value(struct reader *reader, bool in_brackets)
{
    const char *ends = in_brackets ? bracketed_value_ends : value_ends;
    if (*reader->at == '"')
        return read_quoted(reader, ends);

    const char *where = reader->at;
    size_t length = strcspn(where, ends);
    if (where[length] == '"' || where[length] == '[')
        return reader_mistaken(reader, where + length,
                               "'%c' inside a value; expected the whole value in double quotes",
                               where[length]);
    if (length >= POLICY_PATH_MAX)
        return too_long(reader, where);
    memcpy(reader->value, where, length);
    reader->value[length] = '\0';
    reader->at += length;
    return true;
}
