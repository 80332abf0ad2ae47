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

enum { COMMAND_LENGTH = 15, COMMAND_MAX = COMMAND_LENGTH + 2 }; /* proc_pid_comm(5), with a newline */

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

/* The name that the process was started by, cut to 15 bytes; a link's name where it was started through one.
 */
static void read_command(uint64_t pid, char command[COMMAND_MAX])
{
    char *path = text("/proc/%" PRIu64 "/comm", pid);
    FILE *file = fopen(path, "re");
    *command = '\0';
    if (file && fgets(command, COMMAND_MAX, file))
        command[strcspn(command, "\n")] = '\0';
    if (file)
        fclose(file);
    free(path);
}

/* The process's own program, if it goes by that name. */
static char *program_file(uint64_t pid, const char *name)
{
    char command[COMMAND_MAX], target[PATH_MAX] = "";
    struct stat status;
    char *link = text("/proc/%" PRIu64 "/exe", pid);

    read_command(pid, command);
    bool known = readlink(link, target, sizeof target - 1) > 0 && stat(link, &status) == 0;
    bool called_so =
        strcmp(base_name(target), name) == 0 || (*command && strncmp(command, name, COMMAND_LENGTH) == 0);
    if (known && called_so && !is_file(target, status.st_ino))
        return link; /* the file that runs; its name has gone to another, or is not for us to see */
    free(link);
    return known && called_so ? text("%s", target) : NULL;
}

/* Reads /proc/PID/maps: the file of that name, a new string, and whether the library is there too. */
static char *find_mapping(FILE *maps, uint64_t pid, const char *name, bool *has_library)
{
    char *line = NULL, *path, *found = NULL;
    size_t room = 0;
    uint64_t inode;

    while (getline(&line, &room, maps) > 0) {
        if (!read_mapping(line, &inode, &path))
            continue;
        *has_library |= strcmp(base_name(path), "libwaitclose.so") == 0;
        if (!found && strcmp(base_name(path), name) == 0)
            found = path_of(pid, path, inode);
    }
    free(line);
    return found;
}

char *mapped_file(uint64_t pid, const char *name)
{
    bool has_library = false;
    char *path = text("/proc/%" PRIu64 "/maps", pid);
    FILE *maps = fopen(path, "re");
    free(path);
    if (!maps)
        return NULL;

    char *found = find_mapping(maps, pid, name, &has_library);
    fclose(maps);
    if (!found)
        found = program_file(pid, name);
    if (has_library)
        return found;
    free(found);
    return NULL;
}
