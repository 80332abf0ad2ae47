/* A module's build-id, from notes in its memory: those that linkers write, and those that nobody should. */
#include <elf.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "site.h"

enum { CODE = 0x800, PROPERTY = 5 /* NT_GNU_PROPERTY_TYPE_0 */ };

/* A program in memory, behind which there is none. */
static struct image {
    ElfW(Phdr) headers[4];
    uint8_t notes[];
} * image;
static size_t image_size, notes_size;

static void begin(size_t alignment)
{
    image->headers[0] = (ElfW(Phdr)){.p_type = PT_PHDR};
    image->headers[1] = (ElfW(Phdr)){.p_type = PT_LOAD, .p_memsz = image_size};
    image->headers[2] =
        (ElfW(Phdr)){.p_type = PT_NOTE, .p_vaddr = offsetof(struct image, notes), .p_align = alignment};
    image->headers[3] = (ElfW(Phdr)){.p_type = PT_NULL};
    memset(image->notes, 0, image_size - sizeof *image);
    notes_size = 0;
    site_open(0, (uintptr_t)image, 4, "app");
    site_forget();
}

/* With the sizes that it is to claim. */
static void put(uint32_t type, const char *name, uint32_t name_size, size_t size, uint32_t claimed)
{
    ElfW(Nhdr) header = {.n_namesz = name_size, .n_descsz = claimed, .n_type = type};
    size_t alignment = image->headers[2].p_align == 8 ? 8 : 4;
    uint8_t *note = image->notes + notes_size;
    memcpy(note, &header, sizeof header);
    memcpy(note + sizeof header, name, strlen(name) + 1);
    notes_size += sizeof header + 4;
    for (size_t i = 0; i < size; i++)
        image->notes[notes_size++] = (uint8_t)(0xa0 + i);
    notes_size = (notes_size + alignment - 1) & ~(alignment - 1);
    image->headers[2].p_memsz = notes_size;
}

static const char *build(void)
{
    static char text[SITE_BUILD_MAX];
    memset(text, 'x', sizeof text);
    site_build((uintptr_t)image + CODE, text);
    assert_non_null(memchr(text, '\0', sizeof text));
    return text;
}

static void as_linkers_write_it(void **state)
{
    (void)state;
    static const size_t alignments[] = {0, 4, 8};
    for (size_t i = 0; i < sizeof alignments / sizeof *alignments; i++) {
        begin(alignments[i]);
        put(PROPERTY, "GNU", 4, 12, 12);
        put(NT_GNU_BUILD_ID, "Go", 4, 8, 8);
        put(NT_GNU_BUILD_ID, "GNU", 4, 20, 20);
        assert_string_equal(build(), "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3");
    }
    char name[SITE_NAME_MAX];
    site_name((uintptr_t)image + CODE, name);
    assert_string_equal(name, "app+0x800");
}

static void of_other_lengths(void **state)
{
    (void)state;
    begin(4);
    put(NT_GNU_BUILD_ID, "GNU", 4, 5, 5);
    assert_string_equal(build(), "a0a1a2a3a4");
    begin(4);
    put(NT_GNU_BUILD_ID, "GNU", 4, 64, 64);
    assert_string_equal(build(), "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3");
    begin(4);
    put(NT_GNU_BUILD_ID, "GNU", 4, 0, 0);
    assert_string_equal(build(), "");
}

/* In whichever segment of notes it is. */
static void in_another_segment(void **state)
{
    (void)state;
    begin(4);
    put(NT_GNU_BUILD_ID, "GNU", 4, 2, 2);
    image->headers[3] = image->headers[2];
    image->headers[2].p_memsz = 0;
    assert_string_equal(build(), "a0a1");
    image->headers[2] = (ElfW(Phdr)){.p_type = PT_NOTE, .p_vaddr = image_size, .p_memsz = image_size};
    assert_string_equal(build(), "a0a1");
}

static void none(void **state)
{
    (void)state;
    char text[SITE_BUILD_MAX];
    begin(4);
    assert_string_equal(build(), "");
    put(PROPERTY, "GNU", 4, 16, 16);
    assert_string_equal(build(), "");
    site_build((uintptr_t)image + 2 * image_size, text); /* in no module */
    assert_string_equal(text, "");
}

static void hostile(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0,          1,          5,          0x1000,    0x7fffffff,
                                     0xfffffff0, 0xfffffff4, 0xfffffffc, UINT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        begin(4);
        put(NT_GNU_BUILD_ID, "GNU", sizes[i], 20, 20);
        assert_string_equal(build(), "");
        begin(4);
        put(PROPERTY, "GNU", 4, 20, sizes[i]);
        assert_string_equal(build(), "");
        if (sizes[i] > 20) {
            begin(4);
            put(NT_GNU_BUILD_ID, "GNU", 4, 20, sizes[i]);
            assert_string_equal(build(), "");
        }
    }
    begin(4); /* what follows the segment is not of it */
    put(PROPERTY, "GNU", 4, 1, 1);
    put(NT_GNU_BUILD_ID, "GNU", 4, 20, 20);
    assert_string_not_equal(build(), "");
    image->headers[2].p_memsz = sizeof(ElfW(Nhdr)) + 4 + 1;
    assert_string_equal(build(), "");
    begin(4);
    image->headers[2].p_memsz = (ElfW(Word)) - 1; /* nothing but empty notes, to the end of memory */
    assert_string_equal(build(), "");
    begin(4);
    image->headers[2].p_vaddr = image_size - 4;
    image->headers[2].p_memsz = 100;
    assert_string_equal(build(), "");
}

static void read_across_the_end(void **state)
{
    (void)state;
    begin(4);
    put(NT_GNU_BUILD_ID, "GNU", 4, 20, 20);
    memmove((uint8_t *)image + image_size - 26, image->notes, 26);
    image->headers[2].p_vaddr = image_size - 26;
    assert_string_equal(build(), "");
}

/* However long it says that its notes are, only their beginning is read. */
static void far_behind(void **state)
{
    (void)state;
    begin(4);
    put(PROPERTY, "GNU", 4, 4000, 4000);
    put(NT_GNU_BUILD_ID, "GNU", 4, 20, 20);
    assert_string_not_equal(build(), "");
    begin(4);
    put(PROPERTY, "GNU", 4, 4100, 4100);
    put(NT_GNU_BUILD_ID, "GNU", 4, 20, 20);
    assert_string_equal(build(), "");
}

static int map(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    (void)state;
    image_size = 4 * page;
    image = mmap(NULL, image_size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return image == MAP_FAILED || mprotect((uint8_t *)image + image_size, page, PROT_NONE);
}

static int unmap(void **state)
{
    (void)state;
    return munmap(image, image_size + (size_t)sysconf(_SC_PAGESIZE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_linkers_write_it),
        cmocka_unit_test(of_other_lengths),
        cmocka_unit_test(in_another_segment),
        cmocka_unit_test(none),
        cmocka_unit_test(hostile),
        cmocka_unit_test(read_across_the_end),
        cmocka_unit_test(far_behind),
    };
    return cmocka_run_group_tests(tests, map, unmap);
}
