/* What tables say of a socket, in few characters. */
#ifndef WAITCLOSE_CLI_SOCKET_TEXT_H
#define WAITCLOSE_CLI_SOCKET_TEXT_H

#include <stddef.h>
#include <stdint.h>

enum { FDS_MAX = 8 }; /* of a socket's numbers, so many are kept */

/* "57s", "34m", "2h": at most five characters, and two significant digits at the least. A new string. */
char *age_text(int64_t ms);

/* "3,7", or "-". count: how many there are, of which no more than FDS_MAX are in `fds`. A new string. */
char *numbers_text(const int *fds, size_t count);

#endif
