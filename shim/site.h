/* Names for code addresses: module+offset, what addr2line(1) and libdw want. */
#ifndef WAITCLOSE_SITE_H
#define WAITCLOSE_SITE_H

#include <stddef.h>
#include <stdint.h>

enum {
    SITE_NAME_MAX = 96,
    SITE_BUILD_MAX = 2 * 20 + 1, /* a SHA-1, which linkers make unless told otherwise */
};

/*
 * Where the program's own headers lie (getauxval AT_PHDR, AT_PHNUM), and its file name. The library, in its
 * constructor, has 0 for the process: our own. The command has that of another.
 */
void site_open(int process, uintptr_t headers, size_t header_count, const char *program);

/* The list of modules may have changed: read it anew when next asked. Watcher, command. */
void site_forget(void);

/*
 * "libpython3.11.so.1.0+0x2bb38", or the bare address where no module holds it.
 * The offset is from the module's load bias. Watcher, command; no libc, no loader's lock:
 * the list is read as a debugger would, and memory that goes away meanwhile is no harm.
 */
void site_name(uintptr_t address, char text[SITE_NAME_MAX]);

/*
 * The build-id of the module there, in hexadecimal, from the module's notes in memory: its file may be
 * another one by now. Of a longer one the beginning; "" where there is none.
 */
void site_build(uintptr_t address, char text[SITE_BUILD_MAX]);

#endif
