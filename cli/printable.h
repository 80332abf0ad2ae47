/* Text that may go to a terminal, and how much room it takes there, in the user's locale. */
#ifndef WAITCLOSE_CLI_PRINTABLE_H
#define WAITCLOSE_CLI_PRINTABLE_H

#include <stdarg.h>
#include <stddef.h>

/*
 * As vasprintf(3), with each byte of what cannot be printed escaped, as \x1b:
 * names come from outside. A new string; without memory for it the command ends here.
 */
__attribute__((format(printf, 1, 0))) char *printable(const char *format, va_list values);

/* The columns that printable text takes. */
size_t printable_width(const char *words);

/* The bytes at the front of printable text that fit into so many columns. */
size_t printable_fit(const char *words, size_t columns);

#endif
