/* What a hint tells the verdict. Pure; no libc. */
#ifndef WAITCLOSE_TOLD_H
#define WAITCLOSE_TOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "hints.h"
#include "verdict.h"

struct told told_from(const struct hint_copy *hint, const struct facts *facts);

/* A socket held under several numbers: what the program was told under any of them, it was told. */
void told_add(struct told *told, const struct hint_copy *twin, int64_t now);

/*
 * The kernel knows which way the connection was made. Where the hint has it the
 * other way round it is about an earlier socket under this number, whose close passed no hook.
 */
bool told_of_another(const struct hint_copy *hint, const struct facts *facts);

#endif
