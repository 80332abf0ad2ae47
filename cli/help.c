/* waitclose help [VERB]: how a verb is used, and what a policy may hold. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "waitclose.h"
#include "waitclose/policy.h"

const char help_usage[] =
    "waitclose help [VERB]\n"
    "waitclose help policy\n"
    "\n"
    "Says how VERB is used. `waitclose help policy` prints every key that a policy may\n"
    "hold, with its values, its default and its meaning.\n";

int print_usage(const struct verb *verb)
{
    fputs(verb->usage, stdout);
    return finish_output();
}

static int print_verbs(void)
{
    puts("waitclose finds the TCP sockets that a program's peers have closed and the program has not.\n"
         "\n"
         "waitclose VERB [OPTION]... [ARGUMENT]...\n");
    for (const struct verb *verb = verbs; verb->name; verb++)
        printf("  %-7s %s\n", verb->name, verb->summary);
    puts("\n"
         "  waitclose help VERB    how a verb is used\n"
         "  waitclose help policy  what a policy may hold\n"
         "  waitclose --version    which version this is");
    return finish_output();
}

static int print_policy_keys(void)
{
    if (!policy_print_table(STDOUT_FILENO))
        return complain(EXIT_WAITCLOSE, "cannot write to standard output: %s", strerror(errno));
    return EXIT_SUCCESS;
}

int help(int count, char **arguments)
{
    if (count > 2)
        return complain(EXIT_WAITCLOSE, "one verb at a time; try 'waitclose help'");
    if (count < 2)
        return print_verbs();
    if (strcmp(arguments[1], "--help") == 0)
        return print_usage(verb_find("help"));
    if (strcmp(arguments[1], "policy") == 0)
        return print_policy_keys();

    const struct verb *verb = verb_find(arguments[1]);
    if (!verb)
        return complain(EXIT_WAITCLOSE, "unknown verb '%s'; try 'waitclose help'", arguments[1]);
    return print_usage(verb);
}
