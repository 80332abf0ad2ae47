#include "library.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "waitclose.h"

static const char file_name[] = "libwaitclose.so";

/* What separates the names in LD_PRELOAD, for glibc and for musl; neither can quote. */
static const char separators[] = ": \t\n\v\f\r";

/* Where this command stands, without the last slash and what follows; "" at the top or where /proc does not
 * tell. */
static char *own_directory(void)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length < 0)
        length = 0;
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    return text("%s", path);
}

static char *beside(const char *directory)
{
    return text("%s/%s", directory, file_name);
}

/* Where it was installed, as seen from the command: the two may have been moved together. */
static char *moved_along(const char *directory)
{
    static const char up[] = "../";
    const char *rest = WAITCLOSE_LIBDIR_FROM_BINDIR;
    size_t length = strlen(directory);

    for (; strncmp(rest, up, strlen(up)) == 0; rest += strlen(up))
        while (length > 0 && directory[--length] != '/')
            ;
    return text("%.*s/%s/%s", (int)length, directory, rest, file_name);
}

char *library_find(void)
{
    char *directory = own_directory();
    char *places[] = {beside(directory), moved_along(directory), beside(WAITCLOSE_LIBDIR)};
    char *library = NULL;

    for (size_t i = 0; i < 3; i++) {
        if (!library && access(places[i], R_OK) == 0)
            library = text("%s", places[i]);
    }
    if (!library) {
        complain(EXIT_WAITCLOSE, "%s not found: neither %s, nor %s, nor %s can be read", file_name, places[0],
                 places[1], places[2]);
    } else if (library[strcspn(library, separators)]) {
        complain(EXIT_WAITCLOSE,
                 "%s cannot be preloaded: LD_PRELOAD cannot hold a path with a space or a colon", library);
        free(library);
        library = NULL;
    }
    for (size_t i = 0; i < 3; i++)
        free(places[i]);
    free(directory);
    return library;
}

/* By file, for it may be there by another path. What has no slash the loader looks for elsewhere. */
static bool is_listed(const char *list, const char *library)
{
    struct stat ours, other;
    bool found = false;
    char *copy = text("%s", list);
    char *rest = NULL;

    if (stat(library, &ours) == 0)
        for (char *name = strtok_r(copy, separators, &rest); name && !found;
             name = strtok_r(NULL, separators, &rest))
            found = strchr(name, '/') && stat(name, &other) == 0 && other.st_dev == ours.st_dev &&
                    other.st_ino == ours.st_ino;
    free(copy);
    return found;
}

void library_preload(const char *library)
{
    const char *list = getenv("LD_PRELOAD");
    if (!list)
        list = "";
    if (is_listed(list, library))
        return;
    char *longer = text("%s%s%s", list, *list ? ":" : "", library);
    if (setenv("LD_PRELOAD", longer, 1) != 0)
        exit(complain(EXIT_WAITCLOSE, "cannot set LD_PRELOAD: %s", strerror(errno)));
    free(longer);
}
