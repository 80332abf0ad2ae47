/* Finds a program as the shell does, and tells whether the library can be preloaded into it. */
#ifndef WAITCLOSE_CLI_PROGRAM_H
#define WAITCLOSE_CLI_PROGRAM_H

#include <stdbool.h>

/*
 * Looks the program up as execvp(3) would, adds the library to LD_PRELOAD and,
 * unless forced, makes sure that the program, or whatever interprets it, loads it.
 * *path: a new string, what to execute.
 * Returns the exit status, after a complaint where that is not 0.
 */
int program_prepare(const char *name, bool force, char **path);

#endif
