#include "stack.h"

#include <stddef.h>

#include "hints.h"

/* Weak, so that the library also loads where there is no backtrace(3). */
extern int backtrace(void **frames, int size) __attribute__((weak));

enum { OUR_FRAMES_MAX = 8 }; /* what the hook itself puts on top: stack_capture, hints_birth, the hook */

bool stack_ready(void)
{
    void *frames[OUR_FRAMES_MAX];
    return backtrace && backtrace(frames, OUR_FRAMES_MAX) > 0;
}

/*
 * With glibc 2.35 and gcc 12 or later backtrace(3) finds its tables without a
 * lock (_dl_find_object); before, it takes the loader's.
 */
void stack_capture(uintptr_t *frames, unsigned depth, uintptr_t site)
{
    void *found[OUR_FRAMES_MAX + HINTS_STACK_MAX];
    int count = backtrace(found, OUR_FRAMES_MAX + (int)depth);
    int first = 0;
    while (first < count && first < OUR_FRAMES_MAX && (uintptr_t)found[first] != site)
        first++;
    unsigned kept = 0;
    if (first == count || first == OUR_FRAMES_MAX) /* the walk lost its way before it left the hook */
        frames[kept++] = site;
    else
        for (; kept < depth && first < count; first++)
            frames[kept++] = (uintptr_t)found[first];
    if (kept < depth)
        frames[kept] = 0;
}
