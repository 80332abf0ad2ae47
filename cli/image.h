/*
 * The library as it lies in another process: where, and where in it an exported
 * symbol. Read from memory alone, so that it is no matter what file it came from, in whose
 * mount namespace that is, and whether it is still there.
 */
#ifndef WAITCLOSE_CLI_IMAGE_H
#define WAITCLOSE_CLI_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum image_answer {
    IMAGE_THERE,
    IMAGE_NOT_THERE,
    IMAGE_HIDDEN, /* errno says why */
};

/* Where the library is mapped, by the name of its file. */
enum image_answer image_find(pid_t process, uintptr_t *base);

/* What it is built for: EM_386 and so on. 0: that cannot be told. */
unsigned image_machine(pid_t thread, uintptr_t base);

/* Whether it is built as we are, so that its words are as long as ours. */
bool image_is_like_us(pid_t thread, uintptr_t base);

/* The address of an exported symbol, or 0. */
uintptr_t image_symbol(pid_t thread, uintptr_t base, const char *name);

#endif
