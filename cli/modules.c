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

#include "build_id.h"
#include "mapped_file.h"
#include "message.h"
#include "waitclose.h"

/* A file below one of the user's directories. */
struct given {
    char *path;
    const char *name;       /* within path */
    struct given *namesake; /* others of that name */
    struct given *next;
};

struct modules {
    char *const *directories;
    size_t directory_count;
    void *tree; /* tsearch(3), by name; the first of each */
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
    struct given *first = *(struct given **)must_have(tsearch(given, &modules->tree, compare));
    if (first == given)
        return;
    given->namesake = first->namesake;
    first->namesake = given;
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
    struct modules *modules = must_have(malloc(sizeof *modules));
    *modules = (struct modules){.directories = directories, .directory_count = count};
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

/* The files found so far. */
struct finds {
    struct module_file *first, **last;
};

static void found(struct finds *finds, char *path, enum module_origin origin)
{
    struct module_file *file = must_have(malloc(sizeof *file));
    *file = (struct module_file){.path = path, .origin = origin};
    *finds->last = file;
    finds->last = &file->next;
}

static void find_given(const struct modules *modules, const char *name, struct finds *finds)
{
    struct given wanted = {.name = name};
    struct given **first = tfind(&wanted, &modules->tree, compare);
    for (const struct given *given = first ? *first : NULL; given; given = given->namesake)
        found(finds, text("%s", given->path), MODULE_GIVEN);
}

static bool is_regular(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* In the directories of a list such as PATH. */
static void find_in(const char *directories, const char *name, struct finds *finds)
{
    while (directories && *directories) {
        size_t length = strcspn(directories, ":");
        char *path = text("%.*s/%s", (int)length, directories, name);
        if (length && is_regular(path))
            found(finds, path, MODULE_NAMED);
        else
            free(path);
        directories += length + (directories[length] == ':');
    }
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

static void find_named(const char *name, struct finds *finds)
{
    char directory[PATH_MAX] = "";
    dl_iterate_phdr(take_libc_directory, directory);
    char *ours = text("%s:/usr%s:/usr/local/lib:/lib64:/usr/lib64:/lib:/usr/lib", directory, directory);

    find_in(getenv("PATH"), name, finds);
    /* where daemons are is not in everybody's PATH */
    find_in("/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin", name, finds);
    find_in(getenv("LD_LIBRARY_PATH"), name, finds);
    find_in(ours, name, finds);
    free(ours);
}

static void find_debug(const char *directory, const char *build, struct finds *finds)
{
    char *path = build_id_debug_path(directory, build);
    if (path && is_regular(path))
        found(finds, path, MODULE_DEBUG);
    else
        free(path);
}

struct module_file *modules_find(const struct modules *modules, const char *name, const char *build,
                                 uint64_t pid)
{
    struct finds finds = {.last = &finds.first};
    if (strchr(name, '/'))
        return NULL;
    find_given(modules, name, &finds);
    char *mapped = mapped_file(pid, name);
    if (mapped)
        found(&finds, mapped, MODULE_MAPPED);
    find_named(name, &finds);
    find_debug(DEBUG_DIRECTORY, build, &finds);
    for (size_t i = 0; i < modules->directory_count; i++)
        find_debug(modules->directories[i], build, &finds);
    return finds.first;
}

void module_files_free(struct module_file *files)
{
    while (files) {
        struct module_file *next = files->next;
        free(files->path);
        free(files);
        files = next;
    }
}
