/* waitclose status: what is known of the processes that run under the library, read from outside. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "json.h"
#include "message.h"
#include "socket_list.h"
#include "status_view.h"
#include "waitclose.h"
#include "wrapped.h"

const char status_usage[] =
    "waitclose status [--json] [PID]...\n"
    "\n"
    "Lists every process that runs under the library, a line each: what leaks, since when,\n"
    "how many leaks were acted on, its sockets by state, and the policy in force. With a\n"
    "PID: its sockets, a line each, what is worst first, with who made them.\n"
    "\n"
    "  --json      one JSON document, on one line\n"
    "\n"
    "The process is read from outside and does not notice: it may be stopped, or hang.\n"
    "That takes the rights of a debugger, and a library of this command's own version.\n"
    "A cause in parentheses is no leak yet.\n"
    "\n"
    "The exit status is 0 if all is well, 125 if waitclose fails or a process cannot be\n"
    "read; with a PID it is 1 if the process leaks. See waitclose(1).\n";

enum { EXIT_LEAKS = 1, OPTION_JSON = 256, OPTION_HELP };

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* The processes that were found. */
struct found {
    struct wrapped *processes;
    size_t count, room;
    size_t hidden; /* of which it cannot be told */
    struct socket_list list;
    int status; /* the command's */
};

static void keep(struct found *found, const struct wrapped *process)
{
    found->processes = array_grow(found->processes, found->count, &found->room, sizeof *found->processes);
    found->processes[found->count++] = *process;
}

static void end_all(struct found *found)
{
    for (size_t i = 0; i < found->count; i++)
        wrapped_end(&found->processes[i]);
    free(found->processes);
    socket_list_end(&found->list);
}

/* Every process */

static void take_if_wrapped(struct found *found, pid_t pid)
{
    struct wrapped process;

    switch (wrapped_read(&process, pid, &found->list)) {
    case INSIDE_READ:
        keep(found, &process);
        return;
    case INSIDE_UNREADABLE:
        keep(found, &process);
        found->status =
            complain(EXIT_WAITCLOSE, "%d (%s): %s", pid, process.process.program, process.inside.why);
        return;
    case INSIDE_HIDDEN:
        found->hidden += process_has_command_line(pid);
        break;
    case INSIDE_NOT_WRAPPED:
    case INSIDE_STARTING:
        break;
    }
    wrapped_end(&process);
}

static int most_leaks_first(const void *one, const void *other)
{
    const struct wrapped *a = one, *b = other;
    bool a_is_read = !a->inside.why[0], b_is_read = !b->inside.why[0];
    if (a_is_read != b_is_read)
        return a_is_read ? -1 : 1;
    if (a->leaks != b->leaks)
        return a->leaks > b->leaks ? -1 : 1;
    return (a->process.pid > b->process.pid) - (a->process.pid < b->process.pid);
}

static void say_what_is_hidden(const struct found *found)
{
    bool one = found->hidden == 1;
    if (found->hidden)
        complain(0,
                 "%zu process%s did not let us look whether the library is in %s; that takes the rights of a "
                 "debugger (ptrace(2))",
                 found->hidden, one ? "" : "es", one ? "it" : "them");
    if (!found->count)
        complain(0, "no process that we see runs under waitclose");
}

static void take_all(struct found *found)
{
    DIR *directory = opendir("/proc");
    if (!directory) {
        found->status = complain(EXIT_WAITCLOSE, "cannot read /proc: %s", strerror(errno));
        return;
    }
    for (const struct dirent *entry; (entry = readdir(directory));)
        if (isdigit((unsigned char)entry->d_name[0]))
            take_if_wrapped(found, (pid_t)strtol(entry->d_name, NULL, 10));
    closedir(directory);
    if (found->count)
        qsort(found->processes, found->count, sizeof *found->processes, most_leaks_first);
    say_what_is_hidden(found);
}

/* Those that are named */

static const char *reason(const struct wrapped *process, enum inside_answer answer, pid_t pid)
{
    if (answer == INSIDE_UNREADABLE)
        return process->inside.why;
    if (answer == INSIDE_STARTING)
        return "it is only just starting";
    if (answer == INSIDE_HIDDEN)
        return "that takes the rights of a debugger (ptrace(2))";
    return kill(pid, 0) != 0 && errno == ESRCH ? "there is no such process"
                                               : "the library is not in this process";
}

static void take_named(struct found *found, const char *name)
{
    struct wrapped process;
    char *end;
    long pid = strtol(name, &end, 10);

    if (*end || end == name || pid <= 0 || pid > INT32_MAX) {
        found->status = complain(EXIT_WAITCLOSE, "'%s' is no process id", name);
        return;
    }
    enum inside_answer answer = wrapped_read(&process, (pid_t)pid, &found->list);
    if (answer == INSIDE_READ) {
        keep(found, &process);
        return;
    }
    found->status = complain(EXIT_WAITCLOSE, "%ld: %s", pid, reason(&process, answer, (pid_t)pid));
    wrapped_end(&process);
}

static void say_what_is_missing(const struct wrapped *process)
{
    pid_t pid = process->process.pid;
    if (process->hidden)
        complain(0, "%d: its descriptors cannot be seen; that takes the rights of a debugger (ptrace(2))",
                 pid);
    if (process->undecided)
        complain(0, "%d: %zu socket%s may be in CLOSE, and we may not ask (pidfd_getfd(2))", pid,
                 process->undecided, process->undecided == 1 ? "" : "s");
}

static void take_those_named(struct found *found, char **names)
{
    for (; *names; names++)
        take_named(found, *names);
    for (size_t i = 0; i < found->count; i++) {
        say_what_is_missing(&found->processes[i]);
        if (found->processes[i].leaks && !found->status)
            found->status = EXIT_LEAKS;
    }
}

/* What is shown */

static void print_json(const struct found *found, bool sockets)
{
    putchar('{');
    json_time(stdout);
    fputs(",\"processes\":[", stdout);
    for (size_t i = 0; i < found->count; i++) {
        fputs(i ? "," : "", stdout);
        wrapped_print_json(&found->processes[i], sockets, stdout);
    }
    printf("],\"closed_to_us\":%zu}\n", found->hidden);
}

static void print_text(const struct found *found, bool sockets)
{
    if (!sockets)
        status_print_list(found->processes, found->count, stdout);
    for (size_t i = 0; sockets && i < found->count; i++) {
        if (i)
            putchar('\n');
        status_print_sockets(&found->processes[i], stdout);
    }
}

static int look(char **names, bool json)
{
    struct found found = {0};
    bool sockets = *names != NULL;

    if (socket_list_read(&found.list) != 0)
        return EXIT_WAITCLOSE;
    if (sockets)
        take_those_named(&found, names);
    else
        take_all(&found);
    if (json)
        print_json(&found, sockets);
    else
        print_text(&found, sockets);
    int status = finish_output();
    if (status == 0)
        status = found.status;
    end_all(&found);
    return status;
}

int show_status(int count, char **arguments)
{
    bool json = false, help_wanted = false;
    int option;

    opterr = 0;
    while ((option = getopt_long(count, arguments, ":", long_options, NULL)) != -1) {
        if (option != OPTION_HELP && option != OPTION_JSON)
            return complain_option(option, arguments);
        help_wanted |= option == OPTION_HELP;
        json |= option == OPTION_JSON;
    }
    if (help_wanted)
        return print_usage(verb_find("status"));
    return look(arguments + optind, json);
}
