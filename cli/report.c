/* waitclose report: which code leaks, by the events that the library has logged. */
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"
#include "logs.h"
#include "message.h"
#include "report_view.h"
#include "symbols.h"
#include "waitclose.h"

const char report_usage[] =
    "waitclose report [--by site|cause|peer|exe] [--modules DIR]... [--json] LOG...\n"
    "\n"
    "Reads the events in each LOG, text or JSON, also among other lines and as gzip(1)\n"
    "leaves them, and says which code leaks, the worst first. '-' is standard input.\n"
    "\n"
    "  --by WHAT      what leaks are grouped by: the code that made the socket (site), the\n"
    "                 cause, the peer, or the program (exe)\n"
    "  --modules DIR  where the programs and libraries are that ran, or their debug files\n"
    "  --json         one JSON document, on one line\n"
    "\n"
    "The exit status is 1 if a leak is open at the end of the logs, or was until its process\n"
    "ended; 0 if all were closed or ended; 125 if waitclose fails. See waitclose(1).\n";

enum { EXIT_LEAKS = 1, OPTION_BY = 256, OPTION_MODULES, OPTION_JSON, OPTION_HELP };

static const struct option long_options[] = {
    {"by", required_argument, NULL, OPTION_BY},
    {"modules", required_argument, NULL, OPTION_MODULES},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

struct wish {
    enum dimension by;
    bool json, help;
    char **directories; /* of modules */
    size_t directory_count;
};

static int take_by(struct wish *wish, const char *value)
{
    for (enum dimension by = 0; by < GROUPINGS; by++) {
        if (strcmp(value, dimension_names[by]) == 0) {
            wish->by = by;
            return 0;
        }
    }
    return complain(EXIT_WAITCLOSE, "'%s' is no value for '--by'; expected site, cause, peer or exe", value);
}

static int take_option(struct wish *wish, int option, char **arguments)
{
    switch (option) {
    case OPTION_BY:
        return take_by(wish, optarg);
    case OPTION_MODULES:
        wish->directories[wish->directory_count++] = optarg;
        return 0;
    case OPTION_JSON:
        wish->json = true;
        return 0;
    case OPTION_HELP:
        wish->help = true;
        return 0;
    default:
        return complain_option(option, arguments);
    }
}

static int report_on(const struct wish *wish, char *const *names, size_t count)
{
    struct ledger ledger;
    struct event event;
    struct symbols *symbols = symbols_open(wish->directories, wish->directory_count);
    struct logs *logs = logs_open(names, count);

    ledger_open(&ledger, wish->by);
    while (logs_next(logs, &event))
        ledger_take(&ledger, &event);
    if (wish->json)
        report_print_json(&ledger, symbols, stdout);
    else
        report_print(&ledger, symbols, stdout);

    int status = finish_output();
    if (status == 0)
        status = logs_status(logs);
    if (status == 0 && ledger.total.open + ledger.total.exited > 0)
        status = EXIT_LEAKS;
    ledger_close(&ledger);
    logs_close(logs);
    symbols_close(symbols);
    return status;
}

int report(int count, char **arguments)
{
    struct wish wish = {.by = BY_SITE, .directories = must_have(calloc((size_t)count, sizeof(char *)))};
    int option, status = 0;

    opterr = 0;
    while (status == 0 && (option = getopt_long(count, arguments, ":", long_options, NULL)) != -1)
        status = take_option(&wish, option, arguments);
    if (status == 0 && wish.help)
        status = print_usage(verb_find("report"));
    else if (status == 0 && optind == count)
        status = complain(EXIT_WAITCLOSE, "a log is missing; try 'waitclose help report'");
    else if (status == 0)
        status = report_on(&wish, arguments + optind, (size_t)(count - optind));
    free(wish.directories);
    return status;
}
