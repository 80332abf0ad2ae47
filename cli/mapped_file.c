#include "mapped_file.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A line of /proc/PID/maps; false where it maps no file. */
static bool read_mapping(char *line, uint64_t *inode, char **path)
{
    int behind = 0;
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "%*s %*s %*s %*s %" SCNu64 " %n", inode, &behind) != 1 || line[behind] != '/')
        return false;
    *path = line + behind;
    return true;
}

static bool is_file(const char *path, uint64_t inode)
{
    struct stat status;
    return stat(path, &status) == 0 && status.st_ino == inode;
}

/* As we see it, or as the process does, which may live in a container. */
static char *path_of(uint64_t pid, const char *path, uint64_t inode)
{
    if (is_file(path, inode))
        return text("%s", path);
    char *inside = text("/proc/%" PRIu64 "/root%s", pid, path);
    if (is_file(inside, inode))
        return inside;
    free(inside);
    return NULL;
}

/* The program goes by the name that it was started by, which may be a link's. */
static char *program_file(uint64_t pid, const char *name)
{
    char command[32] = "", target[PATH_MAX] = "";
    struct stat status;
    char *link = text("/proc/%" PRIu64 "/exe", pid);
    char *path = text("/proc/%" PRIu64 "/comm", pid);
    FILE *file = fopen(path, "re");
    if (file && !fgets(command, sizeof command, file))
        command[0] = '\0';
    if (file)
        fclose(file);
    free(path);
    command[strcspn(command, "\n")] = '\0';

    ssize_t length = readlink(link, target, sizeof target - 1);
    bool is_it =
        length > 0 && (strcmp(base_name(target), name) == 0 || (*command && strncmp(command, name, 15) == 0));
    if (is_it && stat(link, &status) == 0 && is_file(target, status.st_ino)) {
        free(link);
        return text("%s", target);
    }
    if (is_it)
        return link; /* the file that runs, even where its name has gone to another */
    free(link);
    return NULL;
}

char *mapped_file(uint64_t pid, const char *name)
{
    char *line = NULL, *path, *found = NULL, *maps = text("/proc/%" PRIu64 "/maps", pid);
    size_t room = 0;
    uint64_t inode;
    bool has_library = false;
    FILE *file = fopen(maps, "re");
    free(maps);
    if (!file)
        return NULL;
    while (getline(&line, &room, file) > 0) {
        if (!read_mapping(line, &inode, &path))
            continue;
        has_library |= strcmp(base_name(path), "libwaitclose.so") == 0;
        if (!found && strcmp(base_name(path), name) == 0)
            found = path_of(pid, path, inode);
    }
    fclose(file);
    free(line);
    if (has_library && !found)
        found = program_file(pid, name);
    if (!has_library) {
        free(found);
        found = NULL;
    }
    return found;
}
