#include "elf.h"

#include <byteswap.h>
#include <elf.h>
#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { NATIVE_ORDER = __BYTE_ORDER == __LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB };

static bool read_at(int file, void *buffer, size_t size, uint64_t offset)
{
    return offset <= INT64_MAX && pread(file, buffer, size, (off_t)offset) == (ssize_t)size;
}

/* Everything is widened to 64 bits as it is read; fields that are not needed stay unset. */
static bool read_header(int file, bool wide, Elf64_Ehdr *header)
{
    Elf32_Ehdr narrow;
    if (wide)
        return read_at(file, header, sizeof *header, 0);
    if (!read_at(file, &narrow, sizeof narrow, 0))
        return false;
    *header = (Elf64_Ehdr){.e_phoff = narrow.e_phoff,
                           .e_phnum = narrow.e_phnum,
                           .e_phentsize = narrow.e_phentsize,
                           .e_shoff = narrow.e_shoff,
                           .e_shnum = narrow.e_shnum,
                           .e_shentsize = narrow.e_shentsize,
                           .e_shstrndx = narrow.e_shstrndx};
    return true;
}

static bool read_segment(int file, bool wide, uint64_t offset, Elf64_Phdr *segment)
{
    Elf32_Phdr narrow;
    if (wide)
        return read_at(file, segment, sizeof *segment, offset);
    if (!read_at(file, &narrow, sizeof narrow, offset))
        return false;
    *segment =
        (Elf64_Phdr){.p_type = narrow.p_type, .p_offset = narrow.p_offset, .p_filesz = narrow.p_filesz};
    return true;
}

static bool read_section(int file, bool wide, uint64_t offset, Elf64_Shdr *section)
{
    Elf32_Shdr narrow;
    if (wide)
        return read_at(file, section, sizeof *section, offset);
    if (!read_at(file, &narrow, sizeof narrow, offset))
        return false;
    *section = (Elf64_Shdr){.sh_name = narrow.sh_name, .sh_offset = narrow.sh_offset};
    return true;
}

/* False where the headers are damaged; the kernel then does not run the file either. */
static bool read_loader(int file, bool wide, const Elf64_Ehdr *header, char loader[PATH_MAX])
{
    loader[0] = '\0';
    if (header->e_phentsize != (wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
        return false;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        Elf64_Phdr segment;
        if (!read_segment(file, wide, header->e_phoff + (uint64_t)i * header->e_phentsize, &segment))
            return false;
        if (segment.p_type != PT_INTERP)
            continue;
        return segment.p_filesz >= 2 && segment.p_filesz <= PATH_MAX &&
               read_at(file, loader, segment.p_filesz, segment.p_offset) &&
               loader[segment.p_filesz - 1] == '\0';
    }
    return true;
}

/* Sections are not needed to run a program: where they cannot be read, there is none of that name. */
static bool has_section(int file, bool wide, const Elf64_Ehdr *header, const char *name)
{
    Elf64_Shdr names, section;
    char found[32];
    size_t size = strlen(name) + 1;

    if (!read_section(file, wide, header->e_shoff + (uint64_t)header->e_shstrndx * header->e_shentsize,
                      &names))
        return false;
    for (unsigned i = 1; i < header->e_shnum; i++)
        if (read_section(file, wide, header->e_shoff + (uint64_t)i * header->e_shentsize, &section) &&
            read_at(file, found, size, names.sh_offset + section.sh_name) && memcmp(found, name, size) == 0)
            return true;
    return false;
}

bool elf_has_magic(int file)
{
    char magic[SELFMAG];
    return read_at(file, magic, sizeof magic, 0) && memcmp(magic, ELFMAG, sizeof magic) == 0;
}

bool elf_read(int file, struct elf *elf)
{
    Elf64_Ehdr header;
    *elf = (struct elf){0};

    /* The first fields lie alike in both classes. */
    if (!elf_has_magic(file) || !read_at(file, &header, offsetof(Elf64_Ehdr, e_version), 0))
        return false;
    elf->swapped = header.e_ident[EI_DATA] != NATIVE_ORDER;
    elf->machine = elf->swapped ? bswap_16(header.e_machine) : header.e_machine;
    if (elf->swapped)
        return true;
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        return false;

    bool wide = elf->wide = header.e_ident[EI_CLASS] == ELFCLASS64;
    if (!read_header(file, wide, &header) || !read_loader(file, wide, &header, elf->loader))
        return false;
    elf->go = has_section(file, wide, &header, ".go.buildinfo") ||
              has_section(file, wide, &header, ".note.go.buildid");
    return true;
}

const char *elf_obstacle(const struct elf *elf)
{
    if (!elf->loader[0])
        return "statically linked: there is no loader to preload into";
    return elf->go ? "a Go program: it makes its system calls without libc" : NULL;
}

/* musl's loader is known by its name (its ldso/dynlink.c: /lib/ld-musl-ARCH.so.1), whatever the directory. */
static bool is_musl(const struct elf *elf)
{
    static const char begins[] = "ld-musl-";
    const char *slash = strrchr(elf->loader, '/');
    return strncmp(slash ? slash + 1 : elf->loader, begins, strlen(begins)) == 0;
}

const char *elf_kind(const struct elf *elf)
{
    static const struct {
        unsigned machine;
        bool wide;
        const char *gnu, *musl;
    } kinds[] = {
        {EM_X86_64, true, "x86_64-linux-gnu", "x86_64-linux-musl"},
        {EM_386, false, "i386-linux-gnu", "i386-linux-musl"},
        {EM_AARCH64, true, "aarch64-linux-gnu", "aarch64-linux-musl"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].machine == elf->machine && kinds[i].wide == elf->wide && !elf->swapped)
            return is_musl(elf) ? kinds[i].musl : kinds[i].gnu;
    return NULL;
}

const char *elf_machine_name(unsigned machine)
{
    static const struct {
        unsigned machine;
        const char *name;
    } names[] = {
        {EM_386, "i386"},        {EM_X86_64, "x86-64"}, {EM_ARM, "arm"},     {EM_AARCH64, "aarch64"},
        {EM_MIPS, "mips"},       {EM_PPC, "ppc"},       {EM_PPC64, "ppc64"}, {EM_S390, "s390"},
        {EM_SPARCV9, "sparc64"}, {243, "riscv"},        {258, "loongarch"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].machine == machine)
            return names[i].name;
    return "another machine";
}
