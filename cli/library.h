/* Where libwaitclose.so is, for each kind of program, and how the loader is told. */
#ifndef WAITCLOSE_CLI_LIBRARY_H
#define WAITCLOSE_CLI_LIBRARY_H

#include <stdbool.h>

/* The path, absolute, of the library for programs of that kind (waitclose/kind.h). NULL: there is none. */
char *library_find(const char *kind);

/* Where it was looked for, in words: "neither ..., nor ... can be read". A new string. */
char *library_places(const char *kind);

/* Whether LD_PRELOAD can hold that path. */
bool library_can_be_named(const char *library);

/*
 * The name under which a program of 32 bits and one of 64, of glibc both, each find their own, whichever
 * starts the other. NULL where the two libraries do not lie like that.
 */
char *library_for_both(const char *library, const char *kind);

/* Puts that name of the library into LD_PRELOAD, behind what was given, unless it is there already. */
void library_preload(const char *given, const char *name);

#endif
