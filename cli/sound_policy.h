/* A policy that was copied from another process's memory. Pure. */
#ifndef WAITCLOSE_CLI_SOUND_POLICY_H
#define WAITCLOSE_CLI_SOUND_POLICY_H

#include <stdbool.h>

#include "waitclose/policy.h"

/* Whether it could have come from a reader of policies: only then may it be explained and judged by. */
bool policy_is_sound(const struct policy *policy);

#endif
