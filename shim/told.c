#include "told.h"

/* Hints keep the low 32 bits of a moment: one in the last 49 days. */
static int64_t moment(uint32_t low, int64_t now)
{
    return now - (int64_t)((uint32_t)now - low);
}

struct told told_from(const struct hint_copy *hint, const struct facts *facts)
{
    struct told told = {
        .reads_seen = hint->reader != 0,
        .eof = hint->flags & HINT_TOLD_EOF,
        .error = hint->flags & HINT_TOLD_ERROR,
        .shut = hint->flags & HINT_SHUT,
        .direction = hint->flags & HINT_IN    ? DIRECTION_IN
                     : hint->flags & HINT_OUT ? DIRECTION_OUT
                                              : facts->direction,
    };
    told.eof_at = moment(hint->eof_at, facts->now);
    if (hint->flags & HINT_BORN)
        told.born = moment(hint->born, facts->now);
    return told;
}

void told_add(struct told *told, const struct hint_copy *twin, int64_t now)
{
    told->reads_seen |= twin->reader != 0;
    if (twin->flags & HINT_TOLD_EOF && (!told->eof || moment(twin->eof_at, now) > told->eof_at))
        told->eof_at = moment(twin->eof_at, now);
    told->eof |= (twin->flags & HINT_TOLD_EOF) != 0;
    told->error |= (twin->flags & HINT_TOLD_ERROR) != 0;
    told->shut |= (twin->flags & HINT_SHUT) != 0;
}

bool told_of_another(const struct hint_copy *hint, const struct facts *facts)
{
    return (facts->direction == DIRECTION_IN && hint->flags & HINT_OUT) ||
           (facts->direction == DIRECTION_OUT && hint->flags & HINT_IN);
}
