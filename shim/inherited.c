#include "inherited.h"

#include <fcntl.h>

#include "directory.h"
#include "hints.h"
#include "options.h"
#include "probe.h"
#include "raw.h"

static bool adopt(int number, void *context)
{
    bool *found = context;
    struct hint_copy hint;
    if (probe_is_tcp(number) && hints_copy(number, &hint)) {
        hints_adopt(number, hint.generation);
        options_for_found(number, number);
        *found = true;
    }
    return true;
}

bool inherited_sockets(void)
{
    bool found = false;
    long directory = raw4(SYS_openat, AT_FDCWD, (long)"/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (raw_failed(directory))
        return false;
    directory_numbers(directory, adopt, &found);
    raw1(SYS_close, directory);
    return found;
}
