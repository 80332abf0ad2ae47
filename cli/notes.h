/* What follows from several settings, and none of them says alone; and what a setting is often believed to
 * do. */
#ifndef WAITCLOSE_CLI_NOTES_H
#define WAITCLOSE_CLI_NOTES_H

#include "gist.h"

void print_notes(const struct policy *policy, const struct gist *gist);

#endif
