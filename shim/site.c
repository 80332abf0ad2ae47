#include "site.h"

#include <elf.h>
#include <link.h>
#include <sys/uio.h>

#include "bare.h"
#include "raw.h"

enum {
    MODULES_MAX = 512,
    MODULE_NAME_MAX = 64,
    HEADERS_MAX = 32,
    PATH_READ = 256,
    NOTES_READ = 4096, /* bytes of a segment of notes: the build-id's is among the first */
};

struct module {
    uintptr_t start, end, bias;
    uintptr_t headers; /* where they lie, and how many */
    size_t header_count;
    char name[MODULE_NAME_MAX];
};

static int process; /* 0: our own */
static uintptr_t program_headers;
static size_t program_header_count;
static const char *program_name;
static struct module modules[MODULES_MAX];
static size_t module_count;
static bool modules_read;

/* Our own memory too is read without the danger of touching it: what is no longer mapped is an error here,
 * not a fault. */
static bool peek(uintptr_t from, void *to, size_t size)
{
    struct iovec local = {to, size};
    struct iovec remote = {(void *)from, size};
    long thread = process ? process : raw0(SYS_gettid);
    return raw6(SYS_process_vm_readv, thread, (long)&local, 1, (long)&remote, 1, 0) == (long)size;
}

/* A string that may end just before unmapped memory: never read across a page. */
static void peek_string(uintptr_t from, char *to, size_t size)
{
    size_t length = 0;
    to[0] = '\0';
    while (length + 1 < size) {
        size_t piece = 64 - (from + length) % 64;
        if (piece > size - 1 - length)
            piece = size - 1 - length;
        if (!peek(from + length, to + length, piece))
            break;
        to[length + piece] = '\0';
        if (strlen(to + length) < piece)
            return;
        length += piece;
    }
    to[length] = '\0';
}

static const char *base_name(const char *path)
{
    const char *base = path;
    for (; *path; path++)
        if (*path == '/' && path[1])
            base = path + 1;
    return base;
}

static void add_module(const ElfW(Phdr) * headers, size_t count, uintptr_t at, uintptr_t bias,
                       const char *name)
{
    if (module_count == MODULES_MAX)
        return;
    struct module *module = &modules[module_count];
    module->start = UINTPTR_MAX;
    module->end = 0;
    module->bias = bias;
    module->headers = at;
    module->header_count = count;
    for (size_t i = 0; i < count; i++) {
        if (headers[i].p_type != PT_LOAD)
            continue;
        uintptr_t start = bias + headers[i].p_vaddr, end = start + headers[i].p_memsz;
        if (start < module->start)
            module->start = start;
        if (end > module->end)
            module->end = end;
    }
    size_t length = strlen(name);
    if (length >= MODULE_NAME_MAX)
        length = MODULE_NAME_MAX - 1;
    memcpy(module->name, name, length);
    module->name[length] = '\0';
    if (module->end)
        module_count++;
}

/* A shared object's own headers lie where it is loaded, behind its ELF header. */
static void read_shared_object(const struct link_map *map)
{
    ElfW(Ehdr) elf;
    ElfW(Phdr) headers[HEADERS_MAX];
    char path[PATH_READ];
    if (!peek(map->l_addr, &elf, sizeof elf) || memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
        elf.e_phnum > HEADERS_MAX || !peek(map->l_addr + elf.e_phoff, headers, elf.e_phnum * sizeof *headers))
        return;
    peek_string((uintptr_t)map->l_name, path, sizeof path);
    add_module(headers, elf.e_phnum, map->l_addr + elf.e_phoff, map->l_addr, base_name(path));
}

/* Where the loader keeps its list for debuggers: DT_DEBUG of the program (elf(5), r_debug in <link.h>). */
static uintptr_t find_debug(uintptr_t dynamic)
{
    ElfW(Dyn) entry;
    for (; peek(dynamic, &entry, sizeof entry) && entry.d_tag != DT_NULL; dynamic += sizeof entry)
        if (entry.d_tag == DT_DEBUG)
            return entry.d_un.d_ptr;
    return 0;
}

static void read_modules(void)
{
    ElfW(Phdr) headers[HEADERS_MAX];
    struct r_debug debug = {0};
    struct link_map map;
    uintptr_t bias = 0, dynamic = 0;
    size_t count = program_header_count < HEADERS_MAX ? program_header_count : HEADERS_MAX;
    module_count = 0;
    modules_read = true;
    if (!peek(program_headers, headers, count * sizeof *headers))
        return;
    for (size_t i = 0; i < count; i++) {
        if (headers[i].p_type == PT_PHDR)
            bias = program_headers - headers[i].p_vaddr;
        if (headers[i].p_type == PT_DYNAMIC)
            dynamic = headers[i].p_vaddr;
    }
    add_module(headers, count, program_headers, bias, program_name);
    uintptr_t address = dynamic ? find_debug(bias + dynamic) : 0;
    if (!address || !peek(address, &debug, sizeof debug))
        return;
    uintptr_t next = (uintptr_t)debug.r_map;
    for (int steps = 0; next && steps < MODULES_MAX && peek(next, &map, sizeof map); steps++) {
        if (steps) /* the first is the program itself */
            read_shared_object(&map);
        next = (uintptr_t)map.l_next;
    }
}

void site_open(int of_process, uintptr_t headers, size_t header_count, const char *program)
{
    process = of_process;
    program_headers = headers;
    program_header_count = header_count;
    program_name = program;
}

void site_forget(void)
{
    modules_read = false;
}

static void append_hexadecimal(char *text, uintptr_t value)
{
    size_t length = strlen(text);
    int shift = (int)sizeof value * 8 - 4;
    while (shift > 0 && !(value >> shift))
        shift -= 4;
    memcpy(text + length, "0x", 2);
    length += 2;
    for (; shift >= 0; shift -= 4)
        text[length++] = "0123456789abcdef"[value >> shift & 15];
    text[length] = '\0';
}

static const struct module *module_of(uintptr_t address)
{
    if (!modules_read)
        read_modules();
    for (size_t i = 0; i < module_count; i++)
        if (address >= modules[i].start && address < modules[i].end)
            return &modules[i];
    return NULL;
}

void site_name(uintptr_t address, char text[SITE_NAME_MAX])
{
    const struct module *module = module_of(address);
    text[0] = '\0';
    if (module) {
        size_t length = strlen(module->name);
        memcpy(text, module->name, length);
        memcpy(text + length, "+", 2);
        address -= module->bias;
    }
    append_hexadecimal(text, address);
}

static uint64_t aligned(uint64_t size, uint64_t alignment)
{
    return (size + alignment - 1) & ~(alignment - 1);
}

static void format_bytes(char *text, const uint8_t *bytes, size_t count)
{
    for (; count > 0; count--, bytes++) {
        *text++ = "0123456789abcdef"[*bytes >> 4];
        *text++ = "0123456789abcdef"[*bytes & 15];
    }
    *text = '\0';
}

/* The notes of one segment (elf(5), Notes); in those aligned to 8 names and descriptions are, too. */
static bool find_build(uintptr_t notes, size_t size, size_t alignment, char text[SITE_BUILD_MAX])
{
    struct {
        ElfW(Nhdr) header;
        char name[sizeof ELF_NOTE_GNU];
    } note = {0};
    uint8_t build[SITE_BUILD_MAX / 2];

    while (size >= sizeof note && peek(notes, &note, sizeof note)) {
        uint64_t start = aligned(sizeof note.header + (uint64_t)note.header.n_namesz, alignment);
        uint64_t end = start + note.header.n_descsz, next = aligned(end, alignment);
        if (end > size)
            return false;
        if (note.header.n_type == NT_GNU_BUILD_ID && note.header.n_namesz == sizeof note.name &&
            memcmp(note.name, ELF_NOTE_GNU, sizeof note.name) == 0) {
            size_t kept = end - start < sizeof build ? end - start : sizeof build;
            if (peek(notes + start, build, kept))
                format_bytes(text, build, kept);
            return true;
        }
        if (next > size)
            return false;
        notes += next;
        size -= next;
    }
    return false;
}

void site_build(uintptr_t address, char text[SITE_BUILD_MAX])
{
    const struct module *module = module_of(address);
    ElfW(Phdr) headers[HEADERS_MAX];
    text[0] = '\0';
    if (!module || !peek(module->headers, headers, module->header_count * sizeof *headers))
        return;
    for (size_t i = 0; i < module->header_count; i++) {
        size_t size = headers[i].p_memsz < NOTES_READ ? headers[i].p_memsz : NOTES_READ;
        size_t alignment = headers[i].p_align == 8 ? 8 : 4;
        if (headers[i].p_type == PT_NOTE &&
            find_build(module->bias + headers[i].p_vaddr, size, alignment, text))
            return;
    }
}
