#include "directory.h"

#include "bare.h"
#include "raw.h"

enum { LISTING_SIZE = 1024, LINK_SIZE = 32 };

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

bool directory_numbers(long directory, bool (*each)(int number, void *context), void *context)
{
    char entries[LISTING_SIZE] __attribute__((aligned(8)));
    long size;
    while ((size = raw3(SYS_getdents64, directory, (long)entries, sizeof entries)) > 0) {
        for (long at = 0; at < size;) {
            const struct listed *entry = (const struct listed *)(entries + at);
            int number = number_from(entry->name);
            if (number >= 0 && !each(number, context))
                return false;
            at += entry->size;
        }
    }
    return true;
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

unsigned long directory_socket(long directory, int number)
{
    static const char prefix[] = "socket:[";
    char name[DIRECTORY_NAME_MAX], target[LINK_SIZE];
    directory_name(number, name);
    long length = raw4(SYS_readlinkat, directory, (long)name, (long)target, sizeof target);
    long at = sizeof prefix - 1;
    if (length <= at || memcmp(target, prefix, sizeof prefix - 1) != 0)
        return 0;
    unsigned long inode = 0;
    for (; at < length && target[at] >= '0' && target[at] <= '9'; at++)
        inode = inode * 10 + (unsigned long)(target[at] - '0');
    return inode;
}
