/* Build-ids, by which ld(1) tells one build of a module from another, as the events write them. Pure. */
#ifndef WAITCLOSE_CLI_BUILD_ID_H
#define WAITCLOSE_CLI_BUILD_ID_H

#include <stdbool.h>
#include <stddef.h>

/* Whether these bytes are the build-id that an event tells, which has the first 20 at most. */
bool build_id_is(const char *build, const unsigned char *bytes, size_t count);

/* Where the debug information of that build is within a directory, a new string; NULL: it is no build-id. */
char *build_id_debug_path(const char *directory, const char *build);

/* The build of the module at a place, if it is the same module as at the site whose build is told; else "".
 */
const char *build_id_at(const char *place, const char *site, const char *build);

#endif
