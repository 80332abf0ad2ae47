#include "json.h"

#include <inttypes.h>
#include <time.h>

#include "line.h"

void json_string(FILE *out, const char *value)
{
    fputc('"', out);
    for (size_t length; *value; value += length) {
        unsigned char byte = (unsigned char)*value;
        length = byte < 0x80 ? 1 : line_utf8_length(value);
        if (byte == '"' || byte == '\\')
            fprintf(out, "\\%c", byte);
        else if (byte < ' ' || byte == 0x7f || !length)
            fprintf(out, "\\u%04x", byte);
        else
            fwrite(value, 1, length, out);
        length += !length;
    }
    fputc('"', out);
}

void json_time(FILE *out)
{
    struct timespec now;
    struct tm utc;
    char text[32];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    fprintf(out, "\"time\":\"%s.%03ldZ\"", text, now.tv_nsec / 1000000);
}

void json_address(FILE *out, const char *key, const struct address *address)
{
    char text[LINE_ADDRESS_MAX];
    line_format_address(text, address);
    fprintf(out, ",\"%s\":\"%s\"", key, text);
}

void json_seconds(FILE *out, const char *key, int64_t ms)
{
    fprintf(out, ",\"%s\":%" PRId64 ".%" PRId64, key, ms / 1000, ms / 100 % 10);
}
