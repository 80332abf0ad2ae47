/* What a process has executed, as the kernel tells it: AT_EXECFN (getauxval(3)). */
#ifndef WAITCLOSE_EXECUTED_H
#define WAITCLOSE_EXECUTED_H

#include <stdbool.h>
#include <string.h>

/*
 * One of the kernel's own links: of a program that executes itself anew, as browsers do (/proc/self/exe), or
 * that was executed by a descriptor (fexecve(3)). Its name says nothing of the program.
 */
static inline bool executed_by_link(const char *path)
{
    static const char processes[] = "/proc/", descriptors[] = "/dev/fd/";
    return strncmp(path, processes, sizeof processes - 1) == 0 ||
           strncmp(path, descriptors, sizeof descriptors - 1) == 0;
}

/* What the kernel adds to the file's name once that is gone, as after an upgrade. */
static const char executed_deleted[] = " (deleted)";

#endif
