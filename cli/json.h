/* What JSON needs of us when we write it with printf. */
#ifndef WAITCLOSE_CLI_JSON_H
#define WAITCLOSE_CLI_JSON_H

#include <stdio.h>

/* In quotes, escaped. Bytes that are no UTF-8 become the characters of the same number, as in the library's
 * events. */
void json_string(FILE *out, const char *value);

#endif
