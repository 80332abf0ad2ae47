#include "array.h"

#include <stdlib.h>

#include "message.h"
#include "waitclose.h"

enum { FIRST_ROOM = 64 };

void *array_grow(void *items, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return items;
    *room = *room ? 2 * *room : FIRST_ROOM;
    items = reallocarray(items, *room, size);
    if (!items)
        exit(complain(EXIT_WAITCLOSE, "out of memory"));
    return items;
}
