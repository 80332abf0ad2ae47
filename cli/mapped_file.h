/* Asks a process that still runs which file it has mapped. */
#ifndef WAITCLOSE_CLI_MAPPED_FILE_H
#define WAITCLOSE_CLI_MAPPED_FILE_H

#include <stdint.h>

/*
 * The path of the program or library of that base name, a new string that can be opened.
 * NULL where the process is gone, may not be looked into, has not got the library (so it has only
 * come by the number of one that had), or where the file is not the one any more that it maps.
 */
char *mapped_file(uint64_t pid, const char *name);

#endif
