/* Giving up rights, and what each thread then has. */
#ifndef USERS_H
#define USERS_H

#include "sockets.h"

#include <dirent.h>
#include <grp.h>

enum { NOBODY = 65534 };

static inline int threads(void)
{
    struct dirent *entry;
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    while ((entry = readdir(tasks)))
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

/* The line of every thread's status, such as "Uid:", must hold this id four times (proc(5)). */
static inline void expect_of_all_threads(const char *line, unsigned id)
{
    char wanted[80], path[280], status[4096];
    struct dirent *entry;
    DIR *tasks = opendir("/proc/self/task");
    snprintf(wanted, sizeof wanted, "\n%s\t%u\t%u\t%u\t%u\n", line, id, id, id, id);
    while ((entry = readdir(tasks))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
        int file = open(path, O_RDONLY);
        ssize_t size = read(file, status, sizeof status - 1);
        close(file);
        if (size <= 0) /* it has ended meanwhile */
            continue;
        status[size] = '\0';
        must(strstr(status, wanted));
    }
    closedir(tasks);
}

/* For good, where there are any. */
static inline void become_nobody(void)
{
    unsigned user = getuid() == 0 ? NOBODY : getuid(), group = getuid() == 0 ? NOBODY : getgid();
    must(getuid() != 0 || setgroups(0, NULL) == 0);
    must(setgid(group) == 0);
    expect_of_all_threads("Gid:", group);
    must(setuid(user) == 0);
    expect_of_all_threads("Uid:", user);
    nap_ms(60);
    expect_of_all_threads("Uid:", user);
}

#endif
