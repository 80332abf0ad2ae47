#include "rights.h"

#include "bare.h"
#include "raw.h"

/* On i386 the plain numbers are those of the calls with 16-bit ids. */
#ifdef SYS_getresuid32
enum {
    GET_USERS = SYS_getresuid32,
    SET_USERS = SYS_setresuid32,
    GET_GROUPS = SYS_getresgid32,
    SET_GROUPS = SYS_setresgid32,
    GET_MORE = SYS_getgroups32,
    SET_MORE = SYS_setgroups32,
};
#else
enum {
    GET_USERS = SYS_getresuid,
    SET_USERS = SYS_setresuid,
    GET_GROUPS = SYS_getresgid,
    SET_GROUPS = SYS_setresgid,
    GET_MORE = SYS_getgroups,
    SET_MORE = SYS_setgroups,
};
#endif

void rights_read(struct rights *rights)
{
    uint32_t *users = rights->users, *groups = rights->groups;
    bool known = !raw_failed(raw3(GET_USERS, (long)&users[0], (long)&users[1], (long)&users[2])) &&
                 !raw_failed(raw3(GET_GROUPS, (long)&groups[0], (long)&groups[1], (long)&groups[2]));
    long count = raw2(GET_MORE, RIGHTS_GROUPS_MAX, (long)rights->more);
    rights->more_count = !known || raw_failed(count) ? -1 : (int)count;
}

static bool same_groups(const struct rights *rights)
{
    uint32_t mine[RIGHTS_GROUPS_MAX];
    long count = raw2(GET_MORE, RIGHTS_GROUPS_MAX, (long)mine);
    return count == rights->more_count && memcmp(mine, rights->more, (size_t)count * sizeof *mine) == 0;
}

/*
 * Groups first and users last: whoever gives up root can change nothing more. What is so already
 * needs no leave.
 */
bool rights_take(const struct rights *rights)
{
    const uint32_t *users = rights->users, *groups = rights->groups;
    if (rights->more_count < 0)
        return false;
    if (!same_groups(rights) && raw_failed(raw2(SET_MORE, rights->more_count, (long)rights->more)))
        return false;
    return !raw_failed(raw3(SET_GROUPS, groups[0], groups[1], groups[2])) &&
           !raw_failed(raw3(SET_USERS, users[0], users[1], users[2]));
}
