/* waitclose scan: the sockets of the whole machine that peers have closed and programs have not. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "message.h"
#include "sources.h"
#include "survey.h"
#include "terminal.h"
#include "waitclose.h"

const char scan_usage[] =
    "waitclose scan [-o POLICY]... [-f FILE] [--json] [--watch[=SECONDS]]\n"
    "\n"
    "Lists every TCP socket of this machine whose connection the peer has ended and whose\n"
    "program has not closed it, by process, whether the library is in it or not.\n"
    "\n"
    "  -o POLICY   what is a leak, such as 'grace=2m [port=6379] action=ignore'\n"
    "  -f FILE     a file with settings\n"
    "  --json      one JSON document, on one line\n"
    "  --watch     look again every 2 seconds, or as many as are given\n"
    "\n"
    "A cause in parentheses is no leak yet. A process that is worth wrapping can be started\n"
    "with `waitclose run`, which tells who made these sockets and why they are stuck.\n"
    "Processes of other users show to root only, other network namespaces to nobody.\n"
    "\n"
    "The exit status is 1 if anything leaks, 0 if nothing does, 125 if waitclose fails.\n"
    "See waitclose(1).\n";

enum { EXIT_LEAKS = 1, OPTION_JSON = 256, OPTION_WATCH, OPTION_HELP };

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"watch", optional_argument, NULL, OPTION_WATCH},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

struct wish {
    struct policy policy;
    bool json;
    double seconds; /* 0: look once */
};

static int take_seconds(struct wish *wish, const char *value)
{
    char *end;

    wish->seconds = 2;
    if (!value)
        return 0;
    wish->seconds = strtod(value, &end);
    if (*end || !(wish->seconds >= 0.1 && wish->seconds <= 86400))
        return complain(EXIT_WAITCLOSE, "'%s' is no value for '--watch'; expected seconds, from 0.1 to 86400",
                        value);
    return 0;
}

static void print_clock(FILE *out)
{
    char words[32];
    time_t now = time(NULL);
    struct tm local;
    strftime(words, sizeof words, "%F %T", localtime_r(&now, &local));
    terminal_print(out, STYLE_FAINT, "%s", words);
    fputc('\n', out);
}

/* So many rows for each group that the headings of all fit on the screen. */
static size_t rows_on_screen(const struct survey *survey)
{
    size_t height = terminal_height(), about = 5, about_group = 3;
    size_t taken = about + about_group * survey->count;
    return survey->count && height > taken + survey->count ? (height - taken) / survey->count : 1;
}

static void redraw(const struct survey *survey)
{
    char *screen = NULL, *shortcomings = survey_shortcomings(survey);
    size_t size;
    FILE *out = open_memstream(&screen, &size);

    if (out) {
        print_clock(out);
        survey_print(survey, out, rows_on_screen(survey));
        if (shortcomings)
            terminal_print(out, STYLE_DOUBTFUL, "%s", shortcomings);
    }
    if (!out || fclose(out) != 0)
        exit(complain(EXIT_WAITCLOSE, "out of memory"));
    terminal_redraw(screen);
    free(screen);
    free(shortcomings);
}

static void print(const struct survey *survey, const struct wish *wish, bool first)
{
    char *shortcomings = first ? survey_shortcomings(survey) : NULL;

    if (shortcomings)
        complain(0, "%s", shortcomings);
    free(shortcomings);
    if (wish->json) {
        survey_print_json(survey, stdout);
        return;
    }
    if (!first)
        putchar('\n');
    if (wish->seconds > 0)
        print_clock(stdout);
    survey_print(survey, stdout, 0);
}

static int look(const struct wish *wish, bool first)
{
    struct survey survey;
    int status = survey_take(&survey, &wish->policy);

    if (status == 0) {
        if (wish->seconds > 0 && !wish->json && terminal_is_there())
            redraw(&survey);
        else
            print(&survey, wish, first);
        status = finish_output();
    }
    if (status == 0 && survey.leaks)
        status = EXIT_LEAKS;
    survey_end(&survey);
    return status;
}

static int look_on(const struct wish *wish)
{
    double whole = (double)(time_t)wish->seconds;
    struct timespec pause = {(time_t)whole, (long)((wish->seconds - whole) * 1e9)};
    int status = look(wish, true);

    while (wish->seconds > 0 && status != EXIT_WAITCLOSE) {
        nanosleep(&pause, NULL);
        status = look(wish, false);
    }
    return status;
}

static int take(struct wish *wish, struct sources *sources, int option, char **arguments)
{
    switch (option) {
    case OPTION_JSON:
        wish->json = true;
        return 0;
    case OPTION_WATCH:
        return take_seconds(wish, optarg);
    default:
        return sources_take(sources, option, optarg, arguments);
    }
}

static int read_policy(struct wish *wish, const struct sources *sources)
{
    char *whole;
    int status = sources_read(sources, &wish->policy, &whole);
    free(whole); /* nothing is run that it could be given to */
    return status;
}

int scan(int count, char **arguments)
{
    static struct wish wish;
    struct sources sources;
    bool help_wanted = false;
    int option, status = 0;

    sources_start(&sources, count);
    opterr = 0;
    while (status == 0 && (option = getopt_long(count, arguments, "+:o:f:", long_options, NULL)) != -1) {
        if (option == OPTION_HELP)
            help_wanted = true;
        else
            status = take(&wish, &sources, option, arguments);
    }
    if (status == 0 && help_wanted)
        status = print_usage(verb_find("scan"));
    else if (status == 0 && optind < count)
        status = complain(EXIT_WAITCLOSE, "scan takes no '%s'; try 'waitclose help scan'", arguments[optind]);
    else if (status == 0 && (status = read_policy(&wish, &sources)) == 0)
        status = look_on(&wish);
    sources_end(&sources);
    return status;
}
