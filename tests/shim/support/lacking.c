/* lacking.so, preloaded behind the library: a dlsym(3) that finds nothing that the library looks for, as in a
 * libc without it. */
#include <dlfcn.h>
#include <stddef.h>

void *dlsym(void *restrict handle, const char *restrict name)
{
    (void)handle;
    (void)name;
    return NULL;
}
