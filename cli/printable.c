#include "printable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "message.h"
#include "waitclose.h"

/* The bytes of the next character; *columns: how wide it is, -1 where it cannot be printed. */
static size_t next_character(const char *words, size_t left, int *columns)
{
    mbstate_t state = {0};
    wchar_t character;
    if (*words >= ' ' && *words <= '~') { /* most of them, in every locale: not worth a call */
        *columns = 1;
        return 1;
    }
    size_t length = mbrtowc(&character, words, left, &state);
    if (length == 0 || length > left) { /* no character of this locale */
        *columns = -1;
        return 1;
    }
    *columns = iswprint((wint_t)character) ? wcwidth(character) : -1;
    return length;
}

/* `result` has room for four times what is in `raw`. */
static void escape(char *result, const char *raw)
{
    for (size_t length, left = strlen(raw); left; left -= length, raw += length) {
        int columns;
        length = next_character(raw, left, &columns);
        if (columns >= 0)
            result = mempcpy(result, raw, length);
        else
            for (size_t i = 0; i < length; i++)
                result += sprintf(result, "\\x%02x", (unsigned char)raw[i]);
    }
    *result = '\0';
}

char *printable(const char *format, va_list values)
{
    char *raw;
    int length = vasprintf(&raw, format, values);
    char *result = length < 0 ? NULL : malloc(4 * (size_t)length + 1);

    if (!result)
        exit(complain(EXIT_WAITCLOSE, "out of memory"));
    escape(result, raw);
    free(raw);
    return result;
}

size_t printable_fit(const char *words, size_t columns)
{
    const char *at = words;
    while (*at) {
        int wide;
        size_t length = next_character(at, strlen(at), &wide);
        if (wide > 0 && (size_t)wide > columns)
            break;
        columns -= wide > 0 ? (size_t)wide : 0;
        at += length;
    }
    return (size_t)(at - words);
}

size_t printable_width(const char *words)
{
    size_t sum = 0;
    for (size_t length, left = strlen(words); left; left -= length, words += length) {
        int wide;
        length = next_character(words, left, &wide);
        sum += wide > 0 ? (size_t)wide : 0;
    }
    return sum;
}
