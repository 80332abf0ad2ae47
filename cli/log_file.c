#include "log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "event.h"
#include "message.h"

enum { BUFFER = 8 * EVENT_LINE_MAX };

struct log_file {
    gzFile stream;     /* reads what is not compressed as it is */
    size_t start, end; /* of what is in the buffer and has not been given out */
    bool at_end, binary, in_long_line;
    char buffer[BUFFER + 1];
};

struct log_file *log_file_open(const char *name)
{
    int handle =
        strcmp(name, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(name, O_RDONLY | O_CLOEXEC);
    if (handle < 0)
        return NULL;
    struct log_file *file = must_have(malloc(sizeof *file));
    gzFile stream = must_have(gzdopen(handle, "r"));
    gzbuffer(stream, BUFFER);
    file->stream = stream;
    file->start = file->end = 0;
    file->at_end = file->binary = file->in_long_line = false;
    return file;
}

void log_file_close(struct log_file *file)
{
    gzclose_r(file->stream);
    free(file);
}

/* Moves what is left to the buffer's front and reads on behind it. */
static void refill(struct log_file *file)
{
    memmove(file->buffer, file->buffer + file->start, file->end - file->start);
    file->end -= file->start;
    file->start = 0;
    int count = gzread(file->stream, file->buffer + file->end, (unsigned)(BUFFER - file->end));
    if (count <= 0) {
        file->at_end = true;
        return;
    }
    file->binary |= memchr(file->buffer + file->end, '\0', (size_t)count) != NULL;
    file->end += (size_t)count;
}

/* The newline of the line at the buffer's front, or the end of the file where that ends it; NULL: not here
 * yet. */
static char *find_end(struct log_file *file)
{
    char *newline = memchr(file->buffer + file->start, '\n', file->end - file->start);
    return newline || !file->at_end ? newline : file->buffer + file->end;
}

bool log_file_line(struct log_file *file, char **line, size_t *length)
{
    while (file->start < file->end || !file->at_end) {
        char *end = find_end(file);
        if (!end && file->end - file->start > EVENT_LINE_MAX) {
            file->in_long_line = true;
            file->start = file->end;
        }
        if (!end) {
            refill(file);
            continue;
        }
        bool is_rest = file->in_long_line;
        *line = file->buffer + file->start;
        *length = (size_t)(end - *line);
        file->start += *length + (file->start + *length < file->end);
        file->in_long_line = false;
        if (!is_rest)
            return true;
    }
    return false;
}

const char *log_file_trouble(const struct log_file *file)
{
    int error;
    const char *words = gzerror(file->stream, &error);
    if (error == Z_OK || error == Z_STREAM_END)
        return NULL;
    if (error == Z_ERRNO)
        return strerror(errno);
    return error == Z_BUF_ERROR ? "it ends in the middle of what gzip(1) has written" : words;
}

bool log_file_is_binary(const struct log_file *file)
{
    return file->binary;
}

uint64_t log_file_position(const struct log_file *file)
{
    z_off_t position = gzoffset(file->stream);
    return position > 0 ? (uint64_t)position : 0;
}
