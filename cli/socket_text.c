#include "socket_text.h"

#include <inttypes.h>
#include <stdlib.h>

#include "message.h"

char *age_text(int64_t ms)
{
    static const struct {
        const char *unit;
        int64_t ms, below;
    } units[] = {{"s", 1000, 100}, {"m", 60000, 100}, {"h", 3600000, 48}, {"d", 86400000, INT64_MAX}};
    size_t i = 0;

    while (ms / units[i].ms >= units[i].below)
        i++;
    return text("%" PRId64 "%s", ms / units[i].ms, units[i].unit);
}

char *numbers_text(const int *fds, size_t count)
{
    char *numbers = count ? text("%d", fds[0]) : text("-");
    for (size_t i = 1; i < count && i <= FDS_MAX; i++) {
        char *before = numbers;
        numbers = i < FDS_MAX ? text("%s,%d", before, fds[i]) : text("%s,..", before);
        free(before);
    }
    return numbers;
}
