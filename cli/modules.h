/* Finds the files that may be a module's, by its base name, and by its build-id where an event tells it. */
#ifndef WAITCLOSE_CLI_MODULES_H
#define WAITCLOSE_CLI_MODULES_H

#include <stddef.h>
#include <stdint.h>

enum module_origin {
    MODULE_GIVEN,  /* below a directory that the user named */
    MODULE_MAPPED, /* the process itself has it mapped, now */
    MODULE_NAMED,  /* in a directory where programs or libraries usually are */
    MODULE_DEBUG,  /* no code, but the debug information of that build, where such is kept by build-id */
};

struct module_file {
    char *path;
    enum module_origin origin;
    struct module_file *next;
};

/* Where distributions keep debug information; libdw looks there as well. */
#define DEBUG_DIRECTORY "/usr/lib/debug"

struct modules;

/* Looks through the directories once, with all that is below them; their names must outlive it. */
struct modules *modules_open(char *const *directories, size_t count);

/* What may be the module of that process, the likeliest first; a new list. build: "" where it is not known.
 */
struct module_file *modules_find(const struct modules *modules, const char *name, const char *build,
                                 uint64_t pid);

void module_files_free(struct module_file *files);

void modules_close(struct modules *modules);

#endif
