#include "others.h"

#include <fcntl.h>

#include "bare.h"
#include "directory.h"
#include "raw.h"

enum {
    REST = 20, /* on a machine where it takes long it is read less often: 5 % of the time at most */
    INODES_FIRST = 4096,
    PATH_SIZE = DIRECTORY_NAME_MAX + 4,
};

/* A hash set of inode numbers; 0 is an empty place. At most half full. */
static uint64_t *inodes;
static uint32_t inodes_size, inodes_count;
static bool known;
static int64_t read_at, took; /* ms: when /proc was read last, and how long that took */
static const struct room *room;

void others_enter(const struct room *here, bool anew)
{
    room = here;
    read_at = took = 0;
    if (anew)
        inodes = NULL;
    known = false;
}

void others_forget(void)
{
    known = false;
}

static uint32_t place_of(uint64_t inode)
{
    uint32_t place = (uint32_t)inode & (inodes_size - 1);
    while (inodes[place] && inodes[place] != inode)
        place = (place + 1) & (inodes_size - 1);
    return place;
}

static bool grow(void)
{
    uint64_t *old = inodes;
    uint32_t old_size = inodes_size;
    uint64_t *more = bare_memory(2 * sizeof *more * old_size, false);
    if (!more)
        return false;
    inodes = more;
    inodes_size = 2 * old_size;
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i])
            inodes[place_of(old[i])] = old[i];
    bare_memory_free(old, old_size * sizeof *old);
    return true;
}

static void add(uint64_t inode)
{
    if (2 * inodes_count >= inodes_size && !grow())
        return;
    uint32_t place = place_of(inode);
    inodes_count += !inodes[place];
    inodes[place] = inode;
}

static bool read_descriptor(int number, void *context)
{
    uint64_t inode = directory_socket(*(long *)context, number);
    if (inode)
        add(inode);
    return true;
}

static bool read_process(int process, void *context)
{
    char path[PATH_SIZE];
    if (process == raw0(SYS_getpid))
        return true;
    memcpy(path + directory_name(process, path), "/fd", 4);
    long directory = raw4(SYS_openat, *(long *)context, (long)path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (raw_failed(directory))
        return true;
    directory_numbers(directory, read_descriptor, &directory);
    raw1(SYS_close, directory);
    return true;
}

static void read_all(void *unused, bool keeps)
{
    (void)unused;
    (void)keeps;
    long proc = raw4(SYS_openat, AT_FDCWD, (long)"/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (raw_failed(proc))
        return;
    directory_numbers(proc, read_process, &proc);
    raw1(SYS_close, proc);
}

bool others_hold(uint64_t inode)
{
    if (!inodes) {
        inodes = bare_memory(INODES_FIRST * sizeof *inodes, false);
        inodes_size = inodes ? INODES_FIRST : 0;
    }
    if (!inodes)
        return false;
    int64_t now = bare_now();
    if (!known && now - read_at >= took * REST) {
        memset(inodes, 0, inodes_size * sizeof *inodes);
        inodes_count = 0;
        room->outside(read_all, NULL);
        known = true;
        read_at = bare_now();
        took = read_at - now;
    }
    return inodes[place_of(inode)] == inode && inode;
}
