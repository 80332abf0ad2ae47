#include "directory.h"

#include <fcntl.h>
#include <unistd.h>

#include "bare.h"
#include "hints.h"
#include "raw.h"

enum { LISTING_SIZE = 1024, LINK_SIZE = 32 };

/* The epolls met so far. */
struct epolls {
    long directory;
    int *numbers;
    size_t count, most;
};

/* What getdents64(2) fills in. */
struct listed {
    uint64_t inode;
    int64_t next;
    uint16_t size;
    uint8_t type;
    char name[];
};

static int number_from(const char *name)
{
    int number = 0;
    for (; *name >= '0' && *name <= '9'; name++)
        number = number * 10 + (*name - '0');
    return *name ? -1 : number;
}

long directory_numbers(long directory, bool (*each)(int number, void *context), void *context)
{
    char entries[LISTING_SIZE] __attribute__((aligned(8)));
    long size;
    while ((size = raw3(SYS_getdents64, directory, (long)entries, sizeof entries)) > 0) {
        for (long at = 0; at < size;) {
            const struct listed *entry = (const struct listed *)(entries + at);
            int number = number_from(entry->name);
            if (number >= 0 && !each(number, context))
                return 1;
            at += entry->size;
        }
    }
    return size;
}

int directory_name(int number, char name[DIRECTORY_NAME_MAX])
{
    char digits[DIRECTORY_NAME_MAX];
    int count = 0, length = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (count)
        name[length++] = digits[--count];
    name[length] = '\0';
    return length;
}

static long read_link(long directory, int number, char target[LINK_SIZE])
{
    char name[DIRECTORY_NAME_MAX];
    directory_name(number, name);
    return raw4(SYS_readlinkat, directory, (long)name, (long)target, LINK_SIZE);
}

/* Not /proc/self/fd: that would be the main thread's, gone or not. */
long directory_of_descriptors(int task)
{
    static const char tasks[] = "/proc/self/task/";
    char path[sizeof tasks + DIRECTORY_NAME_MAX + 3];
    memcpy(path, tasks, sizeof tasks);
    size_t length = sizeof tasks - 1;
    length += (size_t)directory_name(task, path + length);
    memcpy(path + length, "/fd", 4);
    return raw4(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

static bool add_epoll(int number, void *context)
{
    static const char epoll[] = "anon_inode:[eventpoll]";
    struct epolls *epolls = context;
    char target[LINK_SIZE];
    if (!hints_tracked(number) && read_link(epolls->directory, number, target) == sizeof epoll - 1 &&
        memcmp(target, epoll, sizeof epoll - 1) == 0)
        epolls->numbers[epolls->count++] = number;
    return epolls->count < epolls->most;
}

size_t directory_epolls(long directory, int *numbers, size_t most)
{
    struct epolls epolls = {.directory = directory, .numbers = numbers, .most = most};
    raw3(SYS_lseek, directory, 0, SEEK_SET);
    directory_numbers(directory, add_epoll, &epolls);
    return epolls.count;
}

int64_t directory_socket(long directory, int number)
{
    static const char prefix[] = "socket:[";
    char target[LINK_SIZE];
    long length = read_link(directory, number, target);
    long at = sizeof prefix - 1;
    if (raw_failed(length))
        return length;
    if (length <= at || memcmp(target, prefix, sizeof prefix - 1) != 0)
        return 0;
    int64_t inode = 0;
    for (; at < length && target[at] >= '0' && target[at] <= '9'; at++)
        inode = inode * 10 + (target[at] - '0');
    return inode;
}
