/* Finds a program as the shell does, and has the library that fits it preloaded. */
#ifndef WAITCLOSE_CLI_PROGRAM_H
#define WAITCLOSE_CLI_PROGRAM_H

#include <stdbool.h>

/* As execve(2) would answer: 0, or errno. */
int program_runnable(const char *path);

/*
 * Looks the program up as execvp(3) would, adds the library to LD_PRELOAD and,
 * unless forced, makes sure that the program, or whatever interprets it, loads it.
 * *path: a new string, what to execute. *library: the same, what is preloaded, or NULL.
 * Returns the exit status, after a complaint where that is not 0.
 */
int program_prepare(const char *name, bool force, char **path, char **library);

#endif
