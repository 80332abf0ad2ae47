/* How the bench's programs speak with it: a line in, lines out. */
#ifndef BENCH_SAY_H
#define BENCH_SAY_H

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline long long now_ns(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static inline _Noreturn void fail(const char *what)
{
    perror(what);
    exit(2);
}

static inline struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Ends an answer. */
static inline void done(void)
{
    puts(".");
    fflush(stdout);
}

#endif
