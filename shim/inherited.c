#include "inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>

#include "directory.h"
#include "hints.h"
#include "options.h"
#include "probe.h"
#include "raw.h"

enum { FEW = 256, TWICE = 2 * FEW, WORD = 8 * sizeof(long) };

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

/*
 * Whether of the numbers from FEW on none is open, or all of the next FEW. Those beyond what the table
 * has room for select(2) ignores ("BUGS" there); any other that is not open is an error. A kernel that
 * comes to call them all so has its directory read.
 */
static bool none_or_all_beyond(void)
{
    long numbers[TWICE / WORD] = {0};
    struct raw_time at_once = {0, 0};
    for (size_t i = FEW / WORD; i < sizeof numbers / sizeof *numbers; i++)
        numbers[i] = -1;
    return raw6(SYS_pselect6, TWICE, (long)numbers, 0, 0, (long)&at_once, 0) == 0;
}

/* Every program that starts pays for this, and to read the directory costs ten times as much. */
static bool adopt_few(bool *found)
{
    struct pollfd numbers[FEW + 1];
    struct raw_time at_once = {0, 0};
    for (int i = 0; i <= FEW; i++)
        numbers[i] = (struct pollfd){.fd = i};
    if (!none_or_all_beyond() || raw_failed(raw5(SYS_ppoll, (long)numbers, FEW + 1, (long)&at_once, 0, 0)) ||
        !(numbers[FEW].revents & POLLNVAL))
        return false;
    for (int i = 0; i < FEW; i++)
        if (!(numbers[i].revents & POLLNVAL))
            adopt(i, found);
    return true;
}

static void adopt_listed(bool *found)
{
    long directory = raw4(SYS_openat, AT_FDCWD, (long)"/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (raw_failed(directory))
        return;
    directory_numbers(directory, adopt, found);
    raw1(SYS_close, directory);
}

bool inherited_sockets(void)
{
    bool found = false;
    if (!adopt_few(&found))
        adopt_listed(&found);
    return found;
}
