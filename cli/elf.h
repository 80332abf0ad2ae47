/* What an ELF file's headers tell of a program, be it 32-bit or 64-bit. */
#ifndef WAITCLOSE_CLI_ELF_H
#define WAITCLOSE_CLI_ELF_H

#include <limits.h>
#include <stdbool.h>

struct elf {
    unsigned machine;
    bool wide;             /* 64 bits */
    bool swapped;          /* of the other byte order: machine is all that was read */
    char loader[PATH_MAX]; /* PT_INTERP; empty: linked statically */
    bool go;               /* built by the Go compiler */
};

/* Whether the file begins as one. */
bool elf_has_magic(int file);

/* False where the file is no ELF file that could be run. */
bool elf_read(int file, struct elf *elf);

/* Why nothing can be preloaded into such a program, or NULL. */
const char *elf_obstacle(const struct elf *elf);

/* What the library for it is built for, as in waitclose/kind.h. NULL: there is none for such programs. */
const char *elf_kind(const struct elf *elf);

/* "aarch64", "i386" and so on. */
const char *elf_machine_name(unsigned machine);

#endif
