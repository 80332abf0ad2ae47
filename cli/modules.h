/* Finds the file of a module by its base name, which is all that an event tells. */
#ifndef WAITCLOSE_CLI_MODULES_H
#define WAITCLOSE_CLI_MODULES_H

#include <stddef.h>
#include <stdint.h>

enum module_origin {
    MODULE_GIVEN,  /* below a directory that the user named */
    MODULE_MAPPED, /* the process itself has it mapped, now */
    MODULE_NAMED,  /* in a directory where programs or libraries usually are */
};

struct modules;

/* Looks through the directories once, with all that is below them. */
struct modules *modules_open(char *const *directories, size_t count);

/* The path of the module of that process, a new string; NULL: not found. */
char *modules_find(const struct modules *modules, const char *name, uint64_t pid, enum module_origin *origin);

void modules_close(struct modules *modules);

#endif
