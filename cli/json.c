#include "json.h"

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
