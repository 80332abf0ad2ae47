/* Sockets that a program is born with: exec'ed over, or handed down by inetd or systemd. */
#ifndef WAITCLOSE_INHERITED_H
#define WAITCLOSE_INHERITED_H

#include <stdbool.h>

/* Marks each as a tracked socket; whether there is one. Constructor only. */
bool inherited_sockets(void);

#endif
