/* A process whose main thread has ended lives on in the others. */
#ifndef WAITCLOSE_CLI_THREAD_OF_H
#define WAITCLOSE_CLI_THREAD_OF_H

#include <sys/types.h>

/*
 * A thread that has the program's memory and descriptors: the main one, unless it
 * has ended; never the library's own, which has a descriptor table of its own.
 */
pid_t thread_of(pid_t process);

#endif
