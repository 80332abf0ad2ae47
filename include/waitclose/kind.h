/*
 * Which programs a build is for: machine and libc, named as Debian names their directories. The Makefile
 * reads this too.
 */
#ifndef WAITCLOSE_KIND_H
#define WAITCLOSE_KIND_H

#include <features.h>

#if defined(__x86_64__)
#define KIND_MACHINE "x86_64"
#elif defined(__i386__)
#define KIND_MACHINE "i386"
#elif defined(__aarch64__)
#define KIND_MACHINE "aarch64"
#endif

/* musl does not say its name. */
#ifdef __GLIBC__
#define KIND_LIBC "gnu"
#else
#define KIND_LIBC "musl"
#endif

#define KIND KIND_MACHINE "-linux-" KIND_LIBC

#endif
