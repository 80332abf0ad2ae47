/*
 * What the program can see of the library that watches it: its log, and how often its thread has slept. So a
 * step that must come after a report, or after a look, waits for that and not for a while: on a busy machine
 * too.
 */
#include "ground_truth.h"

#include <dirent.h>
#include <fcntl.h>

static FILE *events;
static char status_path[64]; /* of the watcher's thread; empty: there is none (yet) */

/* The log must hold one JSON object a line. NULL: nobody watches. */
void witness_log(const char *path)
{
    must(!path || (events = fopen(path, "a+e")));
}

static void read_line(const char *line)
{
    const char *process = strstr(line, "\"pid\":"), *cookie = strstr(line, "\"cookie\":\"");
    if (strstr(line, "\"event\":\"leak\"") && process && cookie)
        note_report(atoi(process + strlen("\"pid\":")), strtoull(cookie + strlen("\"cookie\":\""), NULL, 16));
}

void witness_reports(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while (events && (length = getline(&line, &room, events)) > 0) {
        if (line[length - 1] != '\n') { /* still being written */
            must(fseek(events, -length, SEEK_CUR) == 0);
            break;
        }
        read_line(line);
    }
    free(line);
    if (events)
        clearerr(events);
}

static void read_small(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, size - 1);
    text[length < 0 ? 0 : length] = '\0';
    if (fd >= 0)
        close(fd);
}

/* By its name, the first of that name: helpers of its own are born after it. */
static void find_watcher(void)
{
    char path[64], name[32];
    DIR *tasks = opendir("/proc/self/task");
    must(tasks);
    for (struct dirent *task; !status_path[0] && (task = readdir(tasks));) {
        snprintf(path, sizeof path, "/proc/self/task/%.16s/comm", task->d_name);
        read_small(path, name, sizeof name);
        if (strcmp(name, "waitclose\n") == 0)
            snprintf(status_path, sizeof status_path, "/proc/self/task/%.16s/status", task->d_name);
    }
    closedir(tasks);
}

/* How often the watcher has slept, hence, within a few, how often it has looked. Ever more when nobody
 * watches. */
long witness_looks(void)
{
    static const char key[] = "\nvoluntary_ctxt_switches:";
    static long without;
    char status[4096];
    if (!status_path[0])
        find_watcher();
    if (!status_path[0])
        return ++without;
    read_small(status_path, status, sizeof status);
    const char *found = strstr(status, key);
    must(found);
    return atol(found + strlen(key));
}
