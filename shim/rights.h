/*
 * A thread's rights: user and group ids. libc carries a set*id call to the
 * threads it knows; ours have to follow by themselves.
 */
#ifndef WAITCLOSE_RIGHTS_H
#define WAITCLOSE_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

enum { RIGHTS_GROUPS_MAX = 1024 };

struct rights {
    uint32_t users[3], groups[3]; /* real, effective, saved */
    int more_count;               /* supplementary groups; more than RIGHTS_GROUPS_MAX: -1 */
    uint32_t more[RIGHTS_GROUPS_MAX];
};

/* Those of the calling thread. Any thread; no libc. */
void rights_read(struct rights *rights);

/*
 * Gives them to the calling thread. False: the kernel refused, or they cannot be
 * told in full; the thread then must not go on with what it has. No libc.
 */
bool rights_take(const struct rights *rights);

#endif
