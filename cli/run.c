/* waitclose run: checks first, then becomes the program. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "program.h"
#include "sources.h"
#include "waitclose.h"

const char run_usage[] =
    "waitclose run [-o POLICY]... [-f FILE] [-l LOG] [--force] [--] PROGRAM [ARG]...\n"
    "\n"
    "Runs PROGRAM with the library preloaded. The policy is what WAITCLOSE holds, then\n"
    "FILE, then each POLICY; later settings win.\n"
    "\n"
    "  -o POLICY   settings, such as 'grace=2m [port=6379] action=ignore'\n"
    "  -f FILE     a file with settings\n"
    "  -l LOG      where events go: stderr, none, syslog, journal, or a path\n"
    "  --force     run PROGRAM even if the library cannot be preloaded into it\n"
    "\n"
    "The exit status is PROGRAM's own; 125 if waitclose fails, 126 if PROGRAM cannot be\n"
    "run, 127 if it is not found. See waitclose(1), and `waitclose help policy`.\n";

enum { OPTION_FORCE = 256, OPTION_HELP };

static const struct option long_options[] = {
    {"force", no_argument, NULL, OPTION_FORCE},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static int become(const char *path, char **arguments)
{
    execvp(path, arguments);
    int error = errno;
    return complain(error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN, "%s: cannot be run: %s", path,
                    strerror(error));
}

/* The policy comes first: a mistake in it is the operator's own, and the easiest to mend. */
static int set_policy(const struct sources *sources)
{
    struct policy policy;
    char *whole;
    int status = sources_read(sources, &policy, &whole);
    if (status == 0 && whole && setenv("WAITCLOSE", whole, 1) != 0)
        status = complain(EXIT_WAITCLOSE, "cannot set WAITCLOSE: %s", strerror(errno));
    free(whole);
    return status;
}

static int run_program(const struct sources *sources, char **arguments, bool force)
{
    char *path = NULL, *library = NULL;
    int status = set_policy(sources);
    if (status == 0)
        status = program_prepare(arguments[0], force, &path, &library);
    if (status == 0)
        status = become(path, arguments);
    free(path);
    free(library);
    return status;
}

int run(int count, char **arguments)
{
    struct sources sources;
    bool force = false, help_wanted = false;
    int option, status = 0;

    sources_start(&sources, count);
    opterr = 0;
    while (status == 0 && (option = getopt_long(count, arguments, "+:o:f:l:", long_options, NULL)) != -1) {
        if (option == OPTION_HELP)
            help_wanted = true;
        else if (option == OPTION_FORCE)
            force = true;
        else
            status = sources_take(&sources, option, optarg, arguments);
    }
    if (status == 0 && help_wanted)
        status = print_usage(verb_find("run"));
    else if (status == 0 && optind == count)
        status = complain(EXIT_WAITCLOSE, "a program is missing; try 'waitclose help run'");
    else if (status == 0)
        status = run_program(&sources, arguments + optind, force);
    sources_end(&sources);
    return status;
}
