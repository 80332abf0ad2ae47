/* The verbs of the command, one file each, and what they all return. */
#ifndef WAITCLOSE_CLI_WAITCLOSE_H
#define WAITCLOSE_CLI_WAITCLOSE_H

/* As env(1), nice(1) and timeout(1) have it. */
enum {
    EXIT_WAITCLOSE = 125,  /* waitclose itself failed */
    EXIT_CANNOT_RUN = 126, /* the program was found, but cannot be run */
    EXIT_NOT_FOUND = 127,
};

/* Gets the verb's own name as arguments[0]; returns the exit status. */
typedef int verb_function(int count, char **arguments);

struct verb {
    const char *name;
    const char *summary; /* its line in the list of verbs */
    const char *usage;   /* what `waitclose help VERB` prints */
    verb_function *function;
};

/* The last one has no name. */
extern const struct verb verbs[];

/* NULL where there is no such verb. */
const struct verb *verb_find(const char *name);

verb_function run, check, scan, report, help;
extern const char run_usage[], check_usage[], scan_usage[], report_usage[], help_usage[];

/* What `waitclose run --help` and `waitclose help run` both print; returns the exit status. */
int print_usage(const struct verb *verb);

#endif
