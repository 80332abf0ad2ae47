#include "logs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "log_file.h"
#include "log_name.h"
#include "message.h"
#include "progress.h"
#include "waitclose.h"

/* How far to look for a log's first event: what stands before it may be another program's. */
enum { LOOK_MAX = 1024 * 1024 };

struct log {
    const char *name;
    struct log_name parts;
    size_t given;          /* its place on the command line, or that of the first log with the same base */
    int64_t time;          /* of its first event; -1: text, or nothing */
    uint64_t size;         /* on the disk; 0: not known */
    struct log_file *file; /* while it is open */
    char *first;           /* its first event's line, where looking at it took that away; */
    bool first_given;      /* and whether that has been given out */
    bool failed;
};

struct logs {
    struct log *logs;
    size_t count, current;
    uint64_t size, done; /* of all logs, and of those that have been read */
    uint64_t events;
    bool any_event; /* in the current one */
    int status;
    struct progress progress;
};

static void fail(struct logs *logs, struct log *log, const char *why)
{
    const char *name = strcmp(log->name, "-") == 0 ? "standard input" : log->name;
    progress_end(&logs->progress);
    logs->status = complain(EXIT_WAITCLOSE, "%s: %s", name, why);
    log->failed = true;
}

static bool open_log(struct logs *logs, struct log *log)
{
    if (!log->file && !log->failed)
        log->file = log_file_open(log->name);
    if (!log->file && !log->failed)
        fail(logs, log, strerror(errno));
    return log->file != NULL;
}

static void close_log(struct log *log)
{
    log_file_close(log->file);
    log->file = NULL;
}

static bool is_regular(const struct log *log)
{
    struct stat status;
    return strcmp(log->name, "-") != 0 && stat(log->name, &status) == 0 && S_ISREG(status.st_mode);
}

static uint64_t size_of(const struct log *log)
{
    struct stat status;
    return stat(log->name, &status) == 0 ? (uint64_t)status.st_size : 0;
}

/*
 * Reads up to the first event, for its time; keeps its line, which reading it destroys.
 * A torn one has no time, but where a log cannot be read twice it counts as well.
 */
static void read_first(struct log *log, bool twice)
{
    char *line;
    size_t length;
    while (log_file_position(log->file) < LOOK_MAX && log_file_line(log->file, &line, &length)) {
        char *copy = text("%.*s", (int)length, line);
        struct event event;
        enum event_kind kind = event_read(&event, line, length);
        if (kind > EVENT_TORN || (kind == EVENT_TORN && !twice)) {
            log->time = event.time;
            log->first = copy;
            return;
        }
        free(copy);
    }
}

/* What cannot be opened twice, standard input or a pipe, stays open. */
static void look_into(struct logs *logs, struct log *log)
{
    bool twice = is_regular(log);
    log->time = -1;
    if (!open_log(logs, log))
        return;
    read_first(log, twice);
    if (!twice)
        return;
    log->size = size_of(log);
    free(log->first);
    log->first = NULL;
    close_log(log);
}

static bool same_base(const struct log *one, const struct log *other)
{
    return one->parts.base == other->parts.base && strncmp(one->name, other->name, one->parts.base) == 0;
}

static int compare(int64_t one, int64_t other)
{
    return (one > other) - (one < other);
}

/* Text before JSON; JSON by time; text by base, then by age. */
static int compare_logs(const void *left, const void *right)
{
    const struct log *one = left, *other = right;
    int by_time = compare(one->time, other->time);
    int by_base = compare((int64_t)one->given, (int64_t)other->given);
    int by_rank = compare(one->parts.rank, other->parts.rank);
    return by_time ? by_time : by_base ? by_base : by_rank;
}

struct logs *logs_open(char *const *names, size_t count)
{
    struct logs *logs = must_have(calloc(1, sizeof *logs));
    struct log *all = must_have(calloc(count, sizeof *all));

    *logs = (struct logs){.logs = all, .count = count, .progress = progress_start()};
    for (size_t i = 0; i < count; i++) {
        all[i] = (struct log){.name = names[i], .parts = log_name_read(names[i])};
        while (!same_base(&all[all[i].given], &all[i]))
            all[i].given++;
        look_into(logs, &all[i]);
        logs->size += all[i].size;
    }
    qsort(all, count, sizeof *all, compare_logs);
    return logs;
}

static void show_progress(struct logs *logs)
{
    const struct log *log = &logs->logs[logs->current];
    if (progress_is_due(&logs->progress))
        progress_draw(&logs->progress, logs->done + (log->size ? log_file_position(log->file) : 0),
                      logs->size, logs->events);
}

/* The next event of one log. */
static bool next_of(struct log *log, struct event *event)
{
    char *line;
    size_t length;
    if (log->first && !log->first_given) {
        log->first_given = true;
        event_read(event, log->first, strlen(log->first));
        return true;
    }
    while (log_file_line(log->file, &line, &length))
        if (event_read(event, line, length) != EVENT_NONE)
            return true;
    return false;
}

/* A log without events is a good one: nothing leaked. A program's file, or an archive, is none. */
static void end_log(struct logs *logs, struct log *log)
{
    const char *trouble = log_file_trouble(log->file);
    if (trouble)
        fail(logs, log, trouble);
    else if (!logs->any_event && log_file_is_binary(log->file))
        fail(logs, log, "not a log: it holds no event, and bytes that are no text");
    logs->done += log->size;
    close_log(log);
}

bool logs_next(struct logs *logs, struct event *event)
{
    for (; logs->current < logs->count; logs->current++, logs->any_event = false) {
        struct log *log = &logs->logs[logs->current];
        if (!open_log(logs, log))
            continue;
        if (next_of(log, event)) {
            logs->any_event = true;
            logs->events++;
            show_progress(logs);
            return true;
        }
        end_log(logs, log);
    }
    progress_end(&logs->progress);
    return false;
}

int logs_status(const struct logs *logs)
{
    return logs->status;
}

void logs_close(struct logs *logs)
{
    for (size_t i = 0; i < logs->count; i++)
        free(logs->logs[i].first);
    free(logs->logs);
    free(logs);
}
