#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_MS = 300, EVERY_MS = 100, BAR = 30 };

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* What is over in a moment needs no bar. */
struct progress progress_start(void)
{
    const char *kind = getenv("TERM");
    bool wanted = isatty(STDERR_FILENO) && kind && strcmp(kind, "dumb") != 0;
    return (struct progress){.wanted = wanted, .next = now() + FIRST_MS};
}

bool progress_is_due(struct progress *progress)
{
    return progress->wanted && now() >= progress->next;
}

void progress_draw(struct progress *progress, uint64_t done, uint64_t total, uint64_t events)
{
    static const char marks[] = "##############################";
    if (total) {
        int part = (int)((done < total ? done : total) * 100 / total);
        fprintf(stderr, "\r[%-*.*s] %3d%%", BAR, part * BAR / 100, marks, part);
    }
    fprintf(stderr, "%s %" PRIu64 " events\033[K", total ? "" : "\r", events);
    fflush(stderr);
    progress->shown = true;
    progress->next = now() + EVERY_MS;
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
