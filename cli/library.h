/* Where libwaitclose.so is, and how the loader is told. */
#ifndef WAITCLOSE_CLI_LIBRARY_H
#define WAITCLOSE_CLI_LIBRARY_H

/* The library's path, absolute. NULL, after a complaint, where there is none that could be preloaded. */
char *library_find(void);

/* Adds the library to LD_PRELOAD in our own environment, behind what is there, unless it is there already. */
void library_preload(const char *library);

#endif
