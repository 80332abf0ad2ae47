#include "thread_of.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alone.h"

/* The first characters of a file of the thread's in /proc; "" where there are none. */
static void read_start(pid_t thread, const char *name, char *text, int size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", thread, name);
    FILE *file = fopen(path, "re");
    if (!file || !fgets(text, size, file))
        text[0] = '\0';
    if (file)
        fclose(file);
}

/* "812 (name) S 1 ...": a thread that has ended is a zombie until all have. */
static bool has_ended(pid_t thread)
{
    char stat[256];
    read_start(thread, "stat", stat, sizeof stat);
    const char *name_ends = strrchr(stat, ')');
    return name_ends && strncmp(name_ends, ") Z", 3) == 0;
}

static bool is_ours(pid_t thread)
{
    char name[64];
    read_start(thread, "comm", name, sizeof name);
    return strcmp(name, ALONE_THREAD_NAME "\n") == 0;
}

pid_t thread_of(pid_t process)
{
    char path[64];
    pid_t found = 0;
    DIR *threads = NULL;

    if (!has_ended(process))
        return process;
    snprintf(path, sizeof path, "/proc/%d/task", process);
    threads = opendir(path);
    for (const struct dirent *entry; !found && threads && (entry = readdir(threads));) {
        pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);
        if (isdigit((unsigned char)entry->d_name[0]) && !has_ended(thread) && !is_ours(thread))
            found = thread;
    }
    if (threads)
        closedir(threads);
    return found ? found : process;
}
