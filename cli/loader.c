#include "loader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* More than any loader takes or says: a thousand libraries fit, and what is preloaded stands first. */
enum { OUTPUT_MAX = 128 * 1024, PATIENCE_MS = 10000 };

/* Both its outputs go into one pipe; everything else that we hold open closes by itself. */
static int start(const char *loader, const char *program, int output, pid_t *child)
{
    char list[] = "--list";
    char *const arguments[] = {(char *)loader, list, (char *)program, NULL};
    posix_spawn_file_actions_t actions;

    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return error;
    error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    if (!error)
        error = posix_spawn(child, loader, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* False where the loader does not come to an end. What is beyond the buffer is read and dropped. */
static bool collect(int input, char output[OUTPUT_MAX])
{
    char chunk[4096];
    size_t used = 0;
    int64_t end = milliseconds() + PATIENCE_MS;
    bool ended = false;

    while (!ended) {
        struct pollfd wait = {.fd = input, .events = POLLIN};
        int64_t left = end - milliseconds();
        if (left <= 0)
            break;
        /* No descriptor is ready where a stop and a continue have interrupted the wait. */
        if (poll(&wait, 1, (int)left) <= 0)
            continue;
        ssize_t length = read(input, chunk, sizeof chunk);
        ended = length <= 0;
        if (length > 0 && used + (size_t)length < OUTPUT_MAX) {
            memcpy(output + used, chunk, (size_t)length);
            used += (size_t)length;
        }
    }
    output[used] = '\0';
    return ended;
}

/* Whether the line lists the library: "NAME (0xADDRESS)" or "NAME => PATH (0xADDRESS)", by any path. */
static bool lists(const char *line, const char *library)
{
    struct stat ours, listed;
    char path[PATH_MAX];
    const char *end = strstr(line, " (0x");
    const char *arrow = strstr(line, " => ");
    const char *begin = arrow ? arrow + 4 : line + strspn(line, " \t");

    if (!end || end <= begin || end - begin >= PATH_MAX)
        return false;
    memcpy(path, begin, (size_t)(end - begin));
    path[end - begin] = '\0';
    return stat(path, &listed) == 0 && stat(library, &ours) == 0 && listed.st_dev == ours.st_dev &&
           listed.st_ino == ours.st_ino;
}

/* Its words are a line about the library, if there is one; of several the last, for what is fatal ends it. */
static struct loader_answer judge(char *output, const char *library, bool failed)
{
    struct loader_answer answer = {.verdict = LOADER_REFUSES};
    bool listed = false, about_library = false;
    char *rest = NULL;

    for (char *line = strtok_r(output, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (*line == '\t') {
            listed = listed || lists(line, library);
        } else if (strstr(line, library) || !about_library) {
            about_library = strstr(line, library) != NULL;
            snprintf(answer.words, sizeof answer.words, "%s", line);
        }
    }
    if (failed && !about_library)
        answer.verdict = LOADER_FAILS;
    else if (listed && !failed)
        answer.verdict = LOADER_PRELOADS;
    return answer;
}

struct loader_answer loader_ask(const char *loader, const char *program, const char *library)
{
    static char output[OUTPUT_MAX];
    int ends[2], status = 0;
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return (struct loader_answer){.verdict = LOADER_MISSING, .error = errno};
    int error = start(loader, program, ends[1], &child);
    close(ends[1]);
    if (error) {
        close(ends[0]);
        return (struct loader_answer){.verdict = LOADER_MISSING, .error = error};
    }
    bool ended = collect(ends[0], output);
    close(ends[0]);
    if (!ended)
        kill(child, SIGKILL);
    /* Where SIGCHLD is ignored there is no status, and what it said has to do. */
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (!ended)
        return (struct loader_answer){LOADER_REFUSES, 0, "(no answer within ten seconds)"};
    struct loader_answer answer = judge(output, library, status != 0);
    if (!answer.words[0] && WIFSIGNALED(status))
        snprintf(answer.words, sizeof answer.words, "(ended by signal %d)", WTERMSIG(status));
    return answer;
}
