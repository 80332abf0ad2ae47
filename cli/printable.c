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
    size_t length = mbrtowc(&character, words, left, &state);
    if (length == 0 || length > left) { /* no character of this locale */
        *columns = -1;
        return 1;
    }
    *columns = iswprint((wint_t)character) ? wcwidth(character) : -1;
    return length;
}

static void escape(FILE *out, const char *raw)
{
    for (size_t length, left = strlen(raw); left; left -= length, raw += length) {
        int columns;
        length = next_character(raw, left, &columns);
        if (columns >= 0)
            fwrite(raw, 1, length, out);
        else
            for (size_t i = 0; i < length; i++)
                fprintf(out, "\\x%02x", (unsigned char)raw[i]);
    }
}

char *printable(const char *format, va_list values)
{
    char *raw = NULL, *result = NULL;
    size_t size;
    FILE *out = open_memstream(&result, &size);

    if (out && vasprintf(&raw, format, values) >= 0)
        escape(out, raw);
    if (!raw || !out || fclose(out) != 0)
        exit(complain(EXIT_WAITCLOSE, "out of memory"));
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
