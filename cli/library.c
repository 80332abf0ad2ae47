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
#include "waitclose/kind.h"

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

static bool ends_with(const char *text, size_t length, const char *end)
{
    size_t size = strlen(end);
    return length >= size && memcmp(text + length - size, end, size) == 0;
}

/* Libraries of other kinds lie below ours, or beside it where it lies in a directory of its own kind. */
static char *place(const char *directory, size_t length, const char *kind)
{
    if (strcmp(kind, KIND) == 0)
        return text("%.*s/%s", (int)length, directory, file_name);
    if (ends_with(directory, length, "/" KIND))
        length -= strlen("/" KIND);
    return text("%.*s/%s/%s", (int)length, directory, kind, file_name);
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
    return text("%.*s/%s", (int)length, directory, rest);
}

enum { PLACES = 3 };

static void list_places(const char *kind, char *places[PLACES])
{
    char *own = own_directory(), *moved = moved_along(own);
    places[0] = place(own, strlen(own), kind);
    places[1] = place(moved, strlen(moved), kind);
    places[2] = place(WAITCLOSE_LIBDIR, strlen(WAITCLOSE_LIBDIR), kind);
    free(own);
    free(moved);
}

char *library_find(const char *kind)
{
    char *places[PLACES], *library = NULL;

    list_places(kind, places);
    for (size_t i = 0; i < PLACES; i++) {
        if (!library && access(places[i], R_OK) == 0)
            library = places[i];
        else
            free(places[i]);
    }
    return library;
}

char *library_places(const char *kind)
{
    char *places[PLACES];

    list_places(kind, places);
    char *words = text("neither %s, nor %s, nor %s can be read", places[0], places[1], places[2]);
    for (size_t i = 0; i < PLACES; i++)
        free(places[i]);
    return words;
}

bool library_can_be_named(const char *library)
{
    return !library[strcspn(library, separators)];
}

/* $LIB is something else to the loader of 32 bits than to that of 64; where it leads is the Makefile's. */
char *library_for_both(const char *library, const char *kind)
{
    char *directory, *own_kind = text("/%s", kind);
    size_t length = strlen(library) - strlen("/") - strlen(file_name);
    bool concerned = strcmp(kind, "x86_64-linux-gnu") == 0 || strcmp(kind, "i386-linux-gnu") == 0;

    if (ends_with(library, length, own_kind))
        length -= strlen(own_kind);
    directory = text("%.*s/libwaitclose", (int)length, library);
    char *name = concerned && access(directory, X_OK) == 0 ? text("%s/$LIB/%s", directory, file_name) : NULL;
    free(own_kind);
    free(directory);
    return name;
}

/* By name, or by file, for it may be there by another path. What has no slash the loader looks for elsewhere.
 */
static bool is_listed(const char *list, const char *library)
{
    struct stat ours, other;
    bool found = false;
    char *copy = text("%s", list);
    char *rest = NULL;

    bool is_file = stat(library, &ours) == 0;
    for (char *name = strtok_r(copy, separators, &rest); name && !found;
         name = strtok_r(NULL, separators, &rest))
        found = strcmp(name, library) == 0 || (is_file && strchr(name, '/') && stat(name, &other) == 0 &&
                                               other.st_dev == ours.st_dev && other.st_ino == ours.st_ino);
    free(copy);
    return found;
}

void library_preload(const char *given, const char *name)
{
    char *list = is_listed(given, name) ? text("%s", given) : text("%s%s%s", given, *given ? ":" : "", name);
    if (setenv("LD_PRELOAD", list, 1) != 0)
        exit(complain(EXIT_WAITCLOSE, "cannot set LD_PRELOAD: %s", strerror(errno)));
    free(list);
}
