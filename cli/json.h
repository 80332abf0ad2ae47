/* What JSON needs of us when we write it with printf. */
#ifndef WAITCLOSE_CLI_JSON_H
#define WAITCLOSE_CLI_JSON_H

#include <stdint.h>
#include <stdio.h>

#include "waitclose/address.h"

/* In quotes, escaped. Bytes that are no UTF-8 become the characters of the same number, as in the library's
 * events. */
void json_string(FILE *out, const char *value);

/* "time" and now, in UTC. */
void json_time(FILE *out);

/* A comma, the key, and an address as events have it, or a duration in seconds. */
void json_address(FILE *out, const char *key, const struct address *address);
void json_seconds(FILE *out, const char *key, int64_t ms);

#endif
