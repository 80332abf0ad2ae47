/* How numbers and durations are read and written. Private to shim/policy_*.c. */
#ifndef POLICY_VALUES_H
#define POLICY_VALUES_H

#include "policy_keys.h"

/* Digits and nothing but; *text moves behind them. */
bool policy_take_digits(const char **text, int64_t *number);

/* All of the text, from low to high. */
bool policy_take_number(const char *text, int64_t low, int64_t high, int64_t *number);

/* A duration within the key's bounds, or its "off". */
bool policy_take_duration(const struct policy_key *key, const char *text, int64_t *duration);

void policy_format_duration(int64_t duration, char *buffer, size_t size);

/* Bare, or in quotes where it must be. */
void policy_format_text(const char *text, char *buffer, size_t size);

/* The kinds of value that socket options have, and heartbeat=. */
bool policy_take_option(const struct policy_key *key, void *field, const char *text);
void policy_format_option(const struct policy_key *key, const void *field, char *buffer, size_t size);

#endif
