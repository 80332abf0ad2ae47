/*
 * starts ROUNDS PROGRAM [LIBRARY...]: starts the program (vfork, exec, wait) in turns, each round once for
 * each LIBRARY preloaded ("-": none), with WAITCLOSE as it is in the environment. For each start one line:
 * LIBRARY's place in the list, microseconds passed, microseconds of CPU.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static double microseconds(struct timeval time)
{
    return (double)time.tv_sec * 1e6 + (double)time.tv_usec;
}

static void start(int place, char **program)
{
    struct rusage usage;
    int status;
    pid_t child;
    double began = now();
    if (posix_spawn(&child, program[0], NULL, NULL, program, environ) ||
        wait4(child, &status, 0, &usage) < 0 || status != 0)
        exit(2);
    printf("%d %.1f %.0f\n", place, now() - began,
           microseconds(usage.ru_utime) + microseconds(usage.ru_stime));
}

int main(int count, char **words)
{
    if (count < 4)
        return 2;
    for (int round = 0; round < atoi(words[1]); round++)
        for (int place = 3; place < count; place++) {
            if (strcmp(words[place], "-") == 0)
                unsetenv("LD_PRELOAD");
            else
                setenv("LD_PRELOAD", words[place], 1);
            start(place - 3, (char *[]){words[2], NULL});
        }
    return 0;
}
