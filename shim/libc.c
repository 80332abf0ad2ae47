/*
 * LD_PRELOAD reaches whatever the program starts, and what was started may have another libc.
 * musl's loader takes a library that was built for glibc, and ends the program where it finds a name
 * missing: so the names that only glibc has are weak here. The other way round glibc's loader would end
 * the program for want of musl, and is kept from it by the Makefile.
 */
#include "libc.h"

#include <pthread.h>
#include <stdlib.h>

extern int on_exit(void (*function)(int status, void *argument), void *argument) __attribute__((weak));

static void (*at_the_end)(int status);

static void with_status(int status, void *unused)
{
    (void)unused;
    at_the_end(status);
}

static void without_status(void)
{
    at_the_end(0);
}

bool libc_tells_status(void)
{
    return on_exit != NULL;
}

void libc_at_exit(void (*function)(int status))
{
    at_the_end = function;
    if (on_exit)
        on_exit(with_status, NULL);
    else
        atexit(without_status);
}

#ifdef __GLIBC__

extern const char *gnu_get_libc_version(void) __attribute__((weak));
extern int __register_atfork(void (*before)(void), void (*parent)(void), void (*child)(void), void *module)
    __attribute__((weak));
extern void *__dso_handle __attribute__((visibility("hidden")));

bool libc_is_ours(void)
{
    return gnu_get_libc_version != NULL;
}

/* All that pthread_atfork(3) does; that function itself would need the name. */
void libc_at_fork(void (*parent)(void), void (*child)(void))
{
    __register_atfork(NULL, parent, child, __dso_handle);
}

#else

bool libc_is_ours(void)
{
    return true;
}

void libc_at_fork(void (*parent)(void), void (*child)(void))
{
    pthread_atfork(NULL, parent, child);
}

#endif
