/* waitclose check: says what a policy means, and whether a program can be shimmed. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gist.h"
#include "message.h"
#include "notes.h"
#include "program.h"
#include "sources.h"
#include "sysctl.h"
#include "waitclose.h"
#include "waitclose/room.h"

const char check_usage[] =
    "waitclose check [-o POLICY]... [-f FILE] [PROGRAM]\n"
    "\n"
    "Says what each setting means of the policy that `waitclose run` would give, which of\n"
    "the kernel's settings bear on it, how the watcher would look at sockets here, and\n"
    "whether the library can be preloaded into PROGRAM. Runs nothing.\n"
    "\n"
    "  -o POLICY   settings, such as 'grace=2m [port=6379] action=ignore'\n"
    "  -f FILE     a file with settings\n"
    "\n"
    "The exit status is 0 if all is well, 125 if the policy is wrong or PROGRAM cannot be\n"
    "shimmed, 126 if it cannot be run, 127 if it is not found.\n";

enum { OPTION_HELP = 256 };

static const struct option long_options[] = {
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* Values are set in a column, but for a path that would push all the meanings off the screen. */
enum { COLUMN_MAX = 20 };

struct layout {
    int key, value;     /* widths */
    char section[2048]; /* printed last */
};

static void measure(const struct policy_explanation *explanation, void *context)
{
    struct layout *layout = context;
    int key = (int)strlen(explanation->key), value = (int)strlen(explanation->value);

    if (key > layout->key)
        layout->key = key;
    if (value > layout->value && value <= COLUMN_MAX)
        layout->value = value;
}

static void print_setting(const struct policy_explanation *explanation, void *context)
{
    struct layout *layout = context;

    if (strcmp(layout->section, explanation->section) != 0) {
        printf("%s\n", explanation->section);
        snprintf(layout->section, sizeof layout->section, "%s", explanation->section);
    }
    printf("  %-*s  %-*s  %s%s%s\n", layout->key, explanation->key, layout->value, explanation->value,
           explanation->meaning, explanation->enforced ? " (enforced)" : "",
           explanation->is_default ? " (default)" : "");
}

static void print_policy(const struct policy *policy)
{
    struct layout layout = {0};
    struct gist gist = gist_of(policy);

    if (policy->off) {
        puts("policy: off; the library stands aside");
    } else if (policy->help) {
        puts("policy: help; the library prints what a policy may hold, and stands aside");
    } else {
        puts("policy:");
        policy_explain(policy, measure, &layout);
        policy_explain(policy, print_setting, &layout);
        print_notes(policy, &gist);
        print_sysctls(policy, &gist);
    }
}

static void print_room(void)
{
    struct room_choice room = room_choose();
    printf("room: %s; %s\n",
           room.kind == ROOM_OWN ? "the watcher has a descriptor table of its own"
                                 : "the watcher shares the program's descriptor table",
           room.why);
}

static int check_program(const char *name)
{
    char *path, *library;
    int status = program_prepare(name, false, &path, &library);
    if (status == 0) {
        printf("program: %s can be shimmed, with %s\n", path, library);
        status = finish_output();
    }
    free(path);
    free(library);
    return status;
}

static int check_all(const struct sources *sources, const char *name)
{
    struct policy policy;
    char *whole;
    int status = sources_read(sources, &policy, &whole);
    free(whole); /* nothing is run that it could be given to */
    if (status != 0)
        return status;
    print_policy(&policy);
    print_room();
    status = finish_output();
    return status == 0 && name ? check_program(name) : status;
}

int check(int count, char **arguments)
{
    struct sources sources;
    bool help_wanted = false;
    int option, status = 0;

    sources_start(&sources, count);
    opterr = 0;
    while (status == 0 && (option = getopt_long(count, arguments, "+:o:f:", long_options, NULL)) != -1) {
        if (option == OPTION_HELP)
            help_wanted = true;
        else
            status = sources_take(&sources, option, optarg, arguments);
    }
    if (status == 0 && help_wanted)
        status = print_usage(verb_find("check"));
    else if (status == 0 && count - optind > 1)
        status = complain(EXIT_WAITCLOSE, "one program at a time; try 'waitclose help check'");
    else if (status == 0)
        status = check_all(&sources, arguments[optind]);
    sources_end(&sources);
    return status;
}
