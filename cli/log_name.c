#include "log_name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DATE_DIGITS = 8, DIGITS_MAX = 12 };

/* Dates rank below the log that is being written, which is 0, and among each other. */
static const int64_t date_base = -1000000000000;

struct log_name log_name_read(const char *name)
{
    size_t length = strlen(name), digits = 0;
    if (length > 3 && strcmp(name + length - 3, ".gz") == 0)
        length -= 3;
    while (digits < length && digits < DIGITS_MAX && isdigit((unsigned char)name[length - 1 - digits]))
        digits++;

    char sign = digits && digits < length ? name[length - 1 - digits] : '\0';
    int64_t number = strtoll(name + length - digits, NULL, 10);
    if (sign == '.' && digits < DATE_DIGITS)
        return (struct log_name){length - digits - 1, -number};
    if (sign == '-' && digits >= DATE_DIGITS)
        return (struct log_name){length - digits - 1, date_base + number};
    return (struct log_name){length, 0};
}
