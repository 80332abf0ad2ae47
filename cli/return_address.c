#include "return_address.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

enum { LONGEST = 7 }; /* bytes of a call, on x86 */

/* The bytes before an address, from the file's segments. */
static bool read_before(Elf *elf, GElf_Addr address, uint8_t bytes[LONGEST])
{
    size_t count = 0;
    elf_getphdrnum(elf, &count);
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (!gelf_getphdr(elf, (int)i, &segment) || segment.p_type != PT_LOAD)
            continue;
        if (address < segment.p_vaddr + LONGEST || address > segment.p_vaddr + segment.p_filesz)
            continue;
        GElf_Off offset = segment.p_offset + (address - segment.p_vaddr) - LONGEST;
        Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)offset, LONGEST, ELF_T_BYTE);
        bool whole = data && data->d_size == LONGEST && data->d_buf;
        if (whole)
            memcpy(bytes, data->d_buf, LONGEST);
        return whole;
    }
    return false;
}

/* CALL rel32 is e8; CALL r/m is ff with /2 in the byte behind it, two to seven bytes long. */
static bool ends_in_call_x86(const uint8_t bytes[LONGEST])
{
    static const size_t lengths[] = {2, 3, 4, 6, 7};
    if (bytes[LONGEST - 5] == 0xe8)
        return true;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const uint8_t *call = &bytes[LONGEST - lengths[i]];
        if (call[0] == 0xff && (call[1] & 0x38) == 0x10)
            return true;
    }
    return false;
}

/* BL, or BLR and its kin with pointer authentication. */
static bool ends_in_call_aarch64(const uint8_t bytes[LONGEST])
{
    uint32_t word;
    memcpy(&word, &bytes[LONGEST - sizeof word], sizeof word);
    word = le32toh(word);
    return (word & 0xfc000000) == 0x94000000 || (word & 0xfefff000) == 0xd63f0000;
}

/* Debug information that is kept apart has the sections of the code, but not what is in them. */
static bool has_code(Elf *elf)
{
    GElf_Shdr header;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));)
        if (gelf_getshdr(section, &header) && header.sh_flags & SHF_EXECINSTR && header.sh_type == SHT_NOBITS)
            return false;
    return true;
}

bool return_address_fits(Dwfl_Module *module, GElf_Addr address)
{
    GElf_Addr bias;
    GElf_Ehdr header;
    uint8_t bytes[LONGEST];
    Elf *elf = dwfl_module_getelf(module, &bias);
    if (!elf || !gelf_getehdr(elf, &header) || !has_code(elf))
        return true;
    if (header.e_machine != EM_X86_64 && header.e_machine != EM_386 && header.e_machine != EM_AARCH64)
        return true;
    if (!read_before(elf, address - bias, bytes))
        return false;
    return header.e_machine == EM_AARCH64 ? ends_in_call_aarch64(bytes) : ends_in_call_x86(bytes);
}
