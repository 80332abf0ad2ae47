#include "program.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "preloading.h"
#include "waitclose.h"

int program_runnable(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return errno;
    if (S_ISDIR(status.st_mode))
        return EISDIR;
    if (!S_ISREG(status.st_mode))
        return EACCES;
    return access(path, X_OK) == 0 ? 0 : errno;
}

static int cannot_run(const char *path, int error)
{
    if (error == ENOENT)
        return complain(EXIT_NOT_FOUND, "%s: not found", path);
    return complain(EXIT_CANNOT_RUN, "%s: cannot be run: %s", path, strerror(error));
}

/* What the C library searches where PATH is not set. */
static char *default_search(void)
{
    char path[256] = "";
    confstr(_CS_PATH, path, sizeof path);
    return text("%s", path);
}

/* As execvp(3) does: what is there but cannot be run is settled for where nothing better comes. */
static int search(const char *name, char *list, char **path)
{
    int answer = ENOENT;
    const char *directory;

    while (answer != 0 && (directory = strsep(&list, ":"))) {
        char *candidate = text("%s/%s", *directory ? directory : ".", name);
        int error = program_runnable(candidate);
        if (error == 0 || (answer == ENOENT && access(candidate, F_OK) == 0)) {
            answer = error;
            free(*path);
            *path = candidate;
        } else {
            free(candidate);
        }
    }
    return answer;
}

static int find(const char *name, char **path)
{
    int error;

    *path = text("%s", name);
    if (!*name || strchr(name, '/')) {
        error = program_runnable(name);
    } else {
        const char *set = getenv("PATH");
        char *list = set ? text("%s", set) : default_search();
        error = search(name, list, path);
        free(list);
    }
    return error ? cannot_run(*path, error) : 0;
}

int program_prepare(const char *name, bool force, char **path, char **library)
{
    *library = NULL;
    int status = find(name, path);
    return status == 0 ? preloading_prepare(*path, force, library) : status;
}
