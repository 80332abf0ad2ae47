/* A program that may use so little memory that the library keeps none for high descriptor numbers. */
#ifndef LITTLE_MEMORY_H
#define LITTLE_MEMORY_H

#include "sockets.h"

#include <sys/resource.h>

enum { LITTLE = 40 << 20, FAR = 15000 }; /* a part of which is for 10240 numbers */

/* First of all in main: the limit holds for what is started anew with it. */
static inline void live_on_little_memory(int count, char **arguments)
{
    struct rlimit memory = {LITTLE, RLIM_INFINITY}, numbers;
    if (count == 1) {
        must(setrlimit(RLIMIT_DATA, &memory) == 0);
        execl(arguments[0], arguments[0], "again", NULL);
        must(false);
    }
    must(getrlimit(RLIMIT_NOFILE, &numbers) == 0);
    numbers.rlim_cur = numbers.rlim_max;
    must(setrlimit(RLIMIT_NOFILE, &numbers) == 0);
}

#endif
