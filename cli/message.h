/* What the command says, and the text it builds. */
#ifndef WAITCLOSE_CLI_MESSAGE_H
#define WAITCLOSE_CLI_MESSAGE_H

#include <stdarg.h>

/*
 * Prints "waitclose: " and the message on stderr, as one line whatever it
 * holds, and returns the status, so that a verb can end with `return complain(...)`.
 */
__attribute__((format(printf, 2, 3))) int complain(int status, const char *format, ...);
__attribute__((format(printf, 2, 0))) int complain_of(int status, const char *format, va_list values);

/* Complains about what getopt_long returned for an option that it did not like. */
int complain_option(int option, char **arguments);

/* Writes out what stands in stdout's buffer; returns the exit status. */
int finish_output(void);

/* The memory that was asked for. Where there is none the command ends here. */
void *must_have(void *memory);

/* A new string. Without memory for it the command ends here. */
__attribute__((format(printf, 1, 2))) char *text(const char *format, ...);

#endif
