#include "message.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "waitclose.h"

/* Names come from outside: a line feed or an escape sequence in one must not reach the terminal. */
static void print_escaped(FILE *out, const char *message)
{
    for (const unsigned char *byte = (const unsigned char *)message; *byte; byte++) {
        if (*byte < ' ' || *byte == 0x7f)
            fprintf(out, "\\x%02x", *byte);
        else
            fputc(*byte, out);
    }
}

static void print_line(const char *message)
{
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);
    if (!out)
        return;
    fputs("waitclose: ", out);
    print_escaped(out, message);
    fputc('\n', out);
    if (fclose(out) == 0)
        fputs(line, stderr);
    free(line);
}

int complain_of(int status, const char *format, va_list values)
{
    char *message;

    if (vasprintf(&message, format, values) < 0)
        return status;
    print_line(message);
    free(message);
    return status;
}

int complain(int status, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    complain_of(status, format, values);
    va_end(values);
    return status;
}

int complain_option(int option, char **arguments)
{
    const char *verb = arguments[0];

    if (option == ':' && optopt < 128)
        return complain(EXIT_WAITCLOSE, "option '-%c' needs a value; try 'waitclose help %s'", optopt, verb);
    if (option == ':')
        return complain(EXIT_WAITCLOSE, "option '%s' needs a value; try 'waitclose help %s'",
                        arguments[optind - 1], verb);
    if (optopt > 0 && optopt < 128)
        return complain(EXIT_WAITCLOSE, "unknown option '-%c'; try 'waitclose help %s'", optopt, verb);
    return complain(EXIT_WAITCLOSE, "unknown option '%s'; try 'waitclose help %s'", arguments[optind - 1],
                    verb);
}

int finish_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    return complain(EXIT_WAITCLOSE, "cannot write to standard output: %s", strerror(errno));
}

void *must_have(void *memory)
{
    if (!memory)
        exit(complain(EXIT_WAITCLOSE, "out of memory"));
    return memory;
}

char *text(const char *format, ...)
{
    va_list values;
    char *result;

    va_start(values, format);
    int length = vasprintf(&result, format, values);
    va_end(values);
    if (length < 0)
        exit(complain(EXIT_WAITCLOSE, "out of memory"));
    return result;
}
