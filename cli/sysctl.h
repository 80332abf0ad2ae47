/* The kernel's settings in force here, and what they mean beside a policy. */
#ifndef WAITCLOSE_CLI_SYSCTL_H
#define WAITCLOSE_CLI_SYSCTL_H

#include "gist.h"

/* A number of /proc/sys/net, such as "core/somaxconn". False: there is none, or it cannot be read. */
bool sysctl_read(const char *path, long *value);

/*
 * One line for each that bears on sockets, then the counters of full accept queues. What cannot be read is
 * left out: in a container's network namespace some are missing.
 */
void print_sysctls(const struct policy *policy, const struct gist *gist);

#endif
