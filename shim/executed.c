#include "executed.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/auxv.h>

#include "bare.h"
#include "raw.h"
#include "waitclose/executed.h"

/* Where a link of the kernel's leads; the link itself where it does not tell. */
static const char *file_behind(const char *link)
{
    static char path[PATH_MAX];
    const size_t mark = sizeof executed_deleted - 1;
    long length = raw4(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe", (long)path, sizeof path - 1);
    if (raw_failed(length))
        return link;
    if ((size_t)length > mark && memcmp(path + length - mark, executed_deleted, mark) == 0)
        length -= (long)mark;
    path[length] = '\0';
    return path;
}

const char *executed_name(void)
{
    const char *path = (const char *)getauxval(AT_EXECFN);
    if (path && executed_by_link(path))
        path = file_behind(path);
    const char *name = path;
    for (; path && *path; path++)
        if (*path == '/' && path[1])
            name = path + 1;
    return name ? name : "?";
}
