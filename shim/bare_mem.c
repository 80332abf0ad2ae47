/* mem* and strlen, for the library only: the command has libc's. */
#include "bare.h"

/* Without these, a compiler recognises the loops below and turns them into calls of themselves. */
#ifdef __clang__
#pragma clang optimize off
#else
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    char *target = to;
    const char *source = from;
    while (size--)
        *target++ = *source++;
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    char *target = to;
    const char *source = from;
    if (target <= source)
        while (size--)
            *target++ = *source++;
    else
        while (size--)
            target[size] = source[size];
    return to;
}

/* Only what is large is cleared in words: memory of the watcher's own, which is aligned. */
void *memset(void *to, int byte, size_t size)
{
    char *target = to;
    for (; size && (size % sizeof(uintptr_t) || (uintptr_t)target % sizeof(uintptr_t) || byte); size--)
        *target++ = (char)byte;
    for (; size; size -= sizeof(uintptr_t), target += sizeof(uintptr_t))
        *(uintptr_t *)(void *)target = 0;
    return to;
}

int memcmp(const void *one, const void *other, size_t size)
{
    const unsigned char *a = one, *b = other;
    for (; size; size--, a++, b++)
        if (*a != *b)
            return *a - *b;
    return 0;
}

/* What clang makes of a memcmp that only asks whether two things are equal. */
int bcmp(const void *one, const void *other, size_t size) __attribute__((alias("memcmp")));

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}
