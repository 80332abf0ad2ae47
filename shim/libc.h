/* What differs between C libraries. */
#ifndef WAITCLOSE_LIBC_H
#define WAITCLOSE_LIBC_H

#include <stdbool.h>

/* Whether the program has the libc that we are built for. Where not, there is nothing for us to do in it. */
bool libc_is_ours(void);

/* Whether libc_at_exit's function gets the status that the program ends with. */
bool libc_tells_status(void);

/* Has the function called after all that is registered later. Its status is 0 where libc does not tell it. */
void libc_at_exit(void (*function)(int status));

/* Has these called after fork(2), in the parent and in the child. */
void libc_at_fork(void (*parent)(void), void (*child)(void));

#endif
