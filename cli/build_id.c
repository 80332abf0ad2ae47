#include "build_id.h"

#include <stdio.h>
#include <string.h>

#include "message.h"

enum { TOLD = 20 }; /* bytes of a build-id, in an event */

bool build_id_is(const char *build, const unsigned char *bytes, size_t count)
{
    char words[2 * TOLD + 1] = "";
    for (size_t i = 0; i < count && i < TOLD; i++)
        snprintf(words + 2 * i, 3, "%02x", bytes[i]);
    return *words && strcmp(build, words) == 0;
}

char *build_id_debug_path(const char *directory, const char *build)
{
    if (strspn(build, "0123456789abcdef") != strlen(build) || strlen(build) <= 2)
        return NULL;
    return text("%s/.build-id/%.2s/%s.debug", directory, build, build + 2);
}

const char *build_id_at(const char *place, const char *site, const char *build)
{
    const char *plus = strrchr(site, '+');
    size_t length = plus ? (size_t)(plus - site) : 0;
    bool is_same = length && strncmp(place, site, length) == 0 && strrchr(place, '+') == place + length;
    return is_same ? build : "";
}
