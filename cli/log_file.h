/* One log, plain or gzip's, line by line. */
#ifndef WAITCLOSE_CLI_LOG_FILE_H
#define WAITCLOSE_CLI_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_file;

/* "-" is standard input. NULL, with errno, where it cannot be opened. */
struct log_file *log_file_open(const char *name);

void log_file_close(struct log_file *file);

/*
 * The next line, without its newline, in a buffer that the caller may change up to the newline's
 * place and that holds until the next call. A line too long for an event is passed over.
 * False at the end, be it the file's or that of what can be read.
 */
bool log_file_line(struct log_file *file, char **line, size_t *length);

/* Why reading ended before the file did, or NULL. */
const char *log_file_trouble(const struct log_file *file);

/* Whether what was read so far has bytes that no text has. */
bool log_file_is_binary(const struct log_file *file);

/* How much of the file has been read: of what lies on the disk, which may be compressed. */
uint64_t log_file_position(const struct log_file *file);

#endif
