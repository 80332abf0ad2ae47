/* Chooses the library that fits a program, and tells whether it can be preloaded into it. */
#ifndef WAITCLOSE_CLI_PRELOADING_H
#define WAITCLOSE_CLI_PRELOADING_H

#include <stdbool.h>

/*
 * Puts the library for programs of this kind into LD_PRELOAD and, unless forced, asks the program's loader
 * whether it takes it. Forced: where none fits the program, the one for programs like ourselves.
 * *library: a new string, or NULL. Returns the exit status, after a complaint where that is not 0.
 */
int preloading_prepare(const char *path, bool force, char **library);

#endif
