#include "image.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum { HEADERS_MAX = 32, ENTRIES_MAX = 128, CHAIN_MAX = 4096, NAME_SIZE_MAX = 64 };

/* "7f0012340000-7f0012342000 r--p 00000000 fe:00 1234    /usr/lib/libwaitclose.so (deleted)" */
static bool is_start_of_library(const char *line, uintptr_t *base)
{
    static const char name[] = "/libwaitclose.so";
    unsigned long start, end, offset;
    if (!strstr(line, name) || sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) != 3 || offset)
        return false;
    *base = start;
    return true;
}

enum image_answer image_find(pid_t process, uintptr_t *base)
{
    char path[64], *line = NULL;
    size_t size = 0;
    bool found = false;

    snprintf(path, sizeof path, "/proc/%d/maps", process);
    FILE *maps = fopen(path, "re");
    if (!maps)
        return IMAGE_HIDDEN;
    errno = 0;
    while (!found && getline(&line, &size, maps) > 0)
        found = is_start_of_library(line, base);
    int error = errno;
    fclose(maps);
    free(line);
    errno = error;
    return found ? IMAGE_THERE : error ? IMAGE_HIDDEN : IMAGE_NOT_THERE;
}

unsigned image_machine(pid_t thread, uintptr_t base)
{
    ElfW(Ehdr) header; /* alike in both classes, as far as this goes */
    return memory_read(thread, base, &header, offsetof(ElfW(Ehdr), e_entry)) ? header.e_machine : 0;
}

bool image_is_like_us(pid_t thread, uintptr_t base)
{
    static const unsigned char class = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden"))); /* our own (ld(1)) */
    unsigned char ident[EI_NIDENT];
    return memory_read(thread, base, ident, sizeof ident) && ident[EI_CLASS] == class &&
           image_machine(thread, base) == __ehdr_start.e_machine;
}

/* What the dynamic section tells of where to look for symbols. */
struct tables {
    uintptr_t symbols, strings, hashes;
};

/* glibc has put in addresses, musl leaves them as in the file. */
static uintptr_t relocated(uintptr_t base, uintptr_t value)
{
    return value < base ? base + value : value;
}

static bool read_dynamic(pid_t thread, uintptr_t base, uintptr_t dynamic, struct tables *tables)
{
    ElfW(Dyn) entry;
    for (int i = 0; i < ENTRIES_MAX; i++, dynamic += sizeof entry) {
        if (!memory_read(thread, dynamic, &entry, sizeof entry) || entry.d_tag == DT_NULL)
            break;
        if (entry.d_tag == DT_SYMTAB)
            tables->symbols = relocated(base, entry.d_un.d_ptr);
        else if (entry.d_tag == DT_STRTAB)
            tables->strings = relocated(base, entry.d_un.d_ptr);
        else if (entry.d_tag == DT_GNU_HASH)
            tables->hashes = relocated(base, entry.d_un.d_ptr);
    }
    return tables->symbols && tables->strings && tables->hashes;
}

static bool read_tables(pid_t thread, uintptr_t base, struct tables *tables)
{
    ElfW(Ehdr) header;
    ElfW(Phdr) segments[HEADERS_MAX];
    *tables = (struct tables){0};
    if (!memory_read(thread, base, &header, sizeof header) || header.e_phnum > HEADERS_MAX ||
        header.e_phentsize != sizeof *segments ||
        !memory_read(thread, base + header.e_phoff, segments, header.e_phnum * sizeof *segments))
        return false;
    for (unsigned i = 0; i < header.e_phnum; i++)
        if (segments[i].p_type == PT_DYNAMIC)
            return read_dynamic(thread, base, base + segments[i].p_vaddr, tables);
    return false;
}

static uint32_t hash_of(const char *name)
{
    uint32_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

static bool is_named(pid_t thread, const struct tables *tables, const ElfW(Sym) * symbol, const char *name)
{
    char found[NAME_SIZE_MAX];
    size_t size = strlen(name) + 1;
    return size <= sizeof found && memory_read(thread, tables->strings + symbol->st_name, found, size) &&
           memcmp(found, name, size) == 0;
}

/* DT_GNU_HASH: four numbers, a filter, the first symbol of each bucket, then for each symbol its hash, of
 * which the lowest bit ends the bucket. */
uintptr_t image_symbol(pid_t thread, uintptr_t base, const char *name)
{
    struct {
        uint32_t buckets, first, filter_words, shift;
    } head = {0};
    struct tables tables;
    ElfW(Sym) symbol;
    uint32_t at, link = 0, hash = hash_of(name);

    if (!read_tables(thread, base, &tables) || !memory_read(thread, tables.hashes, &head, sizeof head) ||
        !head.buckets)
        return 0;
    uintptr_t buckets = tables.hashes + sizeof head + (uintptr_t)head.filter_words * sizeof(ElfW(Addr));
    uintptr_t links = buckets + (uintptr_t)head.buckets * sizeof at;
    if (!memory_read(thread, buckets + hash % head.buckets * sizeof at, &at, sizeof at) || at < head.first)
        return 0;
    for (int steps = 0; steps < CHAIN_MAX && !(link & 1); steps++, at++) {
        if (!memory_read(thread, links + (uintptr_t)(at - head.first) * sizeof link, &link, sizeof link) ||
            !memory_read(thread, tables.symbols + (uintptr_t)at * sizeof symbol, &symbol, sizeof symbol))
            return 0;
        if ((link | 1) == (hash | 1) && is_named(thread, &tables, &symbol, name))
            return base + symbol.st_value;
    }
    return 0;
}
