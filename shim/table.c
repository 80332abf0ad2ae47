#include "table.h"

#include <sched.h>
#include <sys/resource.h>

#include "bare.h"
#include "raw.h"

enum {
    UNSHARE_AND_CLOSE = 2, /* CLOSE_RANGE_UNSHARE */
    NUMBERS_MAX = 1 << 20,
};

/*
 * No number above the limit of now, unless it was lowered under way: then such a file stays open
 * with us, and no more.
 */
static void close_each(void)
{
    struct rlimit64 limit = {.rlim_cur = NUMBERS_MAX};
    raw4(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit);
    for (unsigned number = 0; number < limit.rlim_cur && number < NUMBERS_MAX; number++)
        raw1(SYS_close, number);
}

bool table_leave(void)
{
    if (!raw_failed(raw3(RAW_close_range, 0, UINT32_MAX, UNSHARE_AND_CLOSE)))
        return true;
    if (raw_failed(raw1(SYS_unshare, CLONE_FILES)))
        return false;
    close_each();
    return true;
}
