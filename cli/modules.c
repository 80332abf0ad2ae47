#include "modules.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mapped_file.h"
#include "message.h"
#include "waitclose.h"

/* A file below one of the user's directories. */
struct given {
    char *path;
    const char *name; /* within path */
    struct given *next;
};

struct modules {
    void *tree; /* tsearch(3), by name; of two with one name the first counts */
    struct given *given;
};

static int compare(const void *left, const void *right)
{
    const struct given *one = left, *other = right;
    return strcmp(one->name, other->name);
}

static void add(struct modules *modules, char *path)
{
    struct given *given = must_have(malloc(sizeof *given));
    *given = (struct given){.path = path, .name = strrchr(path, '/') + 1, .next = modules->given};
    modules->given = given;
    must_have(tsearch(given, &modules->tree, compare));
}

/* Links to directories are not followed, so that there is an end. */
static bool look_through(struct modules *modules, const char *directory)
{
    DIR *entries = opendir(directory);
    if (!entries)
        return false;
    for (const struct dirent *entry; (entry = readdir(entries));) {
        struct stat status, target;
        char *path = text("%s/%s", directory, entry->d_name);
        bool is_there = lstat(path, &status) == 0 && stat(path, &target) == 0;
        bool is_dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        if (is_there && !is_dots && S_ISDIR(status.st_mode))
            look_through(modules, path);
        if (is_there && S_ISREG(target.st_mode))
            add(modules, path);
        else
            free(path);
    }
    closedir(entries);
    return true;
}

struct modules *modules_open(char *const *directories, size_t count)
{
    struct modules *modules = must_have(calloc(1, sizeof *modules));
    for (size_t i = 0; i < count; i++)
        if (!look_through(modules, directories[i]))
            exit(complain(EXIT_WAITCLOSE, "%s: %s", directories[i], strerror(errno)));
    return modules;
}

void modules_close(struct modules *modules)
{
    while (modules->given) {
        struct given *next = modules->given->next;
        tdelete(modules->given, &modules->tree, compare);
        free(modules->given->path);
        free(modules->given);
        modules->given = next;
    }
    free(modules);
}

static char *find_given(const struct modules *modules, const char *name)
{
    struct given wanted = {.name = name};
    struct given **found = tfind(&wanted, &modules->tree, compare);
    return found ? text("%s", (*found)->path) : NULL;
}

/* In the directories of a list such as PATH. */
static char *find_in(const char *directories, const char *name)
{
    while (directories && *directories) {
        size_t length = strcspn(directories, ":");
        struct stat status;
        char *path = text("%.*s/%s", (int)length, directories, name);
        if (length && stat(path, &status) == 0 && S_ISREG(status.st_mode))
            return path;
        free(path);
        directories += length + (directories[length] == ':');
    }
    return NULL;
}

/* Where our own libc lies: the directory that this architecture has for libraries. */
static int take_libc_directory(struct dl_phdr_info *info, size_t size, void *directory)
{
    const char *name = strstr(info->dlpi_name, "/libc.");
    (void)size;
    if (name)
        snprintf(directory, PATH_MAX, "%.*s", (int)(name - info->dlpi_name), info->dlpi_name);
    return name != NULL;
}

static char *find_named(const char *name)
{
    char directory[PATH_MAX] = "";
    dl_iterate_phdr(take_libc_directory, directory);
    char *ours = text("%s:/usr%s:/usr/local/lib:/lib64:/usr/lib64:/lib:/usr/lib", directory, directory);

    char *path = find_in(getenv("PATH"), name);
    if (!path) /* where daemons are is not in everybody's PATH */
        path = find_in("/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin", name);
    if (!path)
        path = find_in(getenv("LD_LIBRARY_PATH"), name);
    if (!path)
        path = find_in(ours, name);
    free(ours);
    return path;
}

char *modules_find(const struct modules *modules, const char *name, uint64_t pid, enum module_origin *origin)
{
    char *path = NULL;
    if (strchr(name, '/'))
        return NULL;
    if ((path = find_given(modules, name)))
        *origin = MODULE_GIVEN;
    else if ((path = mapped_file(pid, name)))
        *origin = MODULE_MAPPED;
    else if ((path = find_named(name)))
        *origin = MODULE_NAMED;
    return path;
}
