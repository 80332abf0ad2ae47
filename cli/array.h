/* Arrays that grow. */
#ifndef WAITCLOSE_CLI_ARRAY_H
#define WAITCLOSE_CLI_ARRAY_H

#include <stddef.h>

/*
 * Makes room for one more item of `size` bytes behind `count` of them; *room: for
 * how many there is. Returns the array, moved or not; without memory for it the
 * command ends here.
 */
void *array_grow(void *items, size_t count, size_t *room, size_t size);

#endif
