/* What is kept by number: of each socket its own record only, for most of those arrays was never touched. */
#include <string.h>

#include "inside.h"
#include "memory.h"

static bool element(const struct inside *inside, const struct by_number *array, int number, void *to,
                    size_t size)
{
    return number >= 0 && (uint32_t)number < array->capacity &&
           memory_read_steady(inside->thread, array->start + (uintptr_t)number * size, to, size);
}

uint64_t inside_cookie(const struct inside *inside, int number)
{
    uint64_t cookie;
    return element(inside, &inside->cookies, number, &cookie, sizeof cookie) ? cookie : 0;
}

/* Whether it is about this socket: the watcher may have met another under the number, and none may have been
 * born there through a hook since. */
static bool is_about(const struct inside *inside, int number, uint64_t cookie, const struct hint_copy *hint)
{
    uint64_t seen = inside_cookie(inside, number);
    uint32_t generation;
    if (!seen || seen == cookie)
        return true;
    return element(inside, &inside->generations, number, &generation, sizeof generation) &&
           generation != hint->generation;
}

/* Of an ended number the moment of its birth is lost (hints_mark_ended). */
static struct hint_copy copy_of(const struct hint *hint, enum mark mark)
{
    struct hint_copy copy = {
        .generation = hint->generation,
        .born = hint->born,
        .eof_at = hint->eof_at,
        .site = hint->site,
        .reader = hint->reader,
        .flags = mark == MARK_ENDED ? hint->flags & ~HINT_BORN : hint->flags,
        .peer = {.family = hint->peer_family, .port = hint->peer_port},
    };
    memcpy(copy.peer.bytes, (const void *)hint->peer, sizeof copy.peer.bytes);
    return copy;
}

bool inside_hint(const struct inside *inside, int number, uint64_t cookie, struct hint_copy *hint)
{
    struct hint record;
    uint8_t mark;
    memset(hint, 0, sizeof *hint);
    if (!element(inside, &inside->marks, number, &mark, sizeof mark) || mark == MARK_NONE ||
        !element(inside, &inside->hints, number, &record, sizeof record) || record.generation & 1)
        return false;
    struct hint_copy copy = copy_of(&record, mark);
    if (!is_about(inside, number, cookie, &copy))
        return false;
    *hint = copy;
    return true;
}
