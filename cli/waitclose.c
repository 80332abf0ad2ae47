/* The waitclose command: finds the verb and lets it do the rest. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "message.h"
#include "waitclose.h"

const struct verb verbs[] = {
    {"run", "run a program with the library preloaded", run_usage, run},
    {"check", "say what a policy means, and whether a program can be shimmed", check_usage, check},
    {"scan", "list the sockets of this machine that peers have closed and programs have not", scan_usage,
     scan},
    {"report", "say which code leaks, from the logs of events", report_usage, report},
    {"help", "say how a verb is used, or what a policy may hold", help_usage, help},
    {NULL, NULL, NULL, NULL},
};

const struct verb *verb_find(const char *name)
{
    for (const struct verb *verb = verbs; verb->name; verb++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, ""); /* for what can be printed; all else stays as in C */
    if (argc < 2)
        return complain(EXIT_WAITCLOSE, "a verb is missing; try 'waitclose help'");
    if (strcmp(argv[1], "--version") == 0) {
        puts("waitclose " WAITCLOSE_VERSION);
        return finish_output();
    }
    if (strcmp(argv[1], "--help") == 0)
        return help(1, argv);

    const struct verb *verb = verb_find(argv[1]);
    if (!verb)
        return complain(EXIT_WAITCLOSE, "unknown verb '%s'; try 'waitclose help'", argv[1]);
    return verb->function(argc - 1, argv + 1);
}
