/* Reading /proc's directories of numbers, without libc. */
#ifndef WAITCLOSE_DIRECTORY_H
#define WAITCLOSE_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIRECTORY_NAME_MAX = 12 };

/*
 * Calls `each` for every entry, from where the directory stands, whose name is a number, until it returns
 * false. Returns 0 where the end was reached, 1 where it was not, or -errno. Callable from anywhere.
 */
long directory_numbers(long directory, bool (*each)(int number, void *context), void *context);

/* A number as such a name. Returns its length. */
int directory_name(int number, char name[DIRECTORY_NAME_MAX]);

/* Opens the list of the descriptors that a thread of this process has; or -errno. */
long directory_of_descriptors(int task);

/*
 * The numbers in such a list that are epolls, no more than `most`; numbers known
 * to be TCP sockets are not asked about. Returns how many.
 */
size_t directory_epolls(long directory, int *numbers, size_t most);

/* The inode of a socket that the link `number` in the directory points to; 0: it is no socket; or -errno. */
int64_t directory_socket(long directory, int number);

#endif
