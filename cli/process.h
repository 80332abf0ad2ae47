/* What a running process is, and whether the library could tell more about it. */
#ifndef WAITCLOSE_CLI_PROCESS_H
#define WAITCLOSE_CLI_PROCESS_H

#include <limits.h>
#include <sys/types.h>

enum wrapping {
    WRAPPING_UNKNOWN, /* we may not look */
    WRAPPING_YES,     /* its program can be preloaded, by all that its file tells */
    WRAPPING_DONE,    /* the library is in it */
    WRAPPING_NO,
};

struct process {
    pid_t pid;
    uid_t uid;
    char program[NAME_MAX + 1]; /* its file's name, as the library has it in exe= */
    enum wrapping wrapping;
    char obstacle[128]; /* WRAPPING_NO: why */
};

/* What is not known stays empty. */
struct process process_look(pid_t pid);

/* The user's name, or the number where there is none; good until the next call. */
const char *user_name(uid_t uid);

#endif
