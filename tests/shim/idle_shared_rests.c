// Thousands of idle sockets in the program's own table: where it takes long to ask them all, that is done
// less often. At each tick it would take a fourteenth of a processor.
// policy: interval=5ms
// rooms: shared
// expect: nothing
#include "sockets.h"

#include <dirent.h>

enum { PAIRS = 2500, MEASURED_MS = 1000 };

/* What all other threads have used, in nanoseconds: Documentation/scheduler/sched-stats.rst. */
static long long used_by_others(void)
{
    long long used = 0, one;
    DIR *tasks = opendir("/proc/self/task");
    must(tasks != NULL);
    for (struct dirent *task; (task = readdir(tasks));) {
        char path[64];
        if (task->d_name[0] == '.' || atoi(task->d_name) == getpid())
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%.20s/schedstat", task->d_name);
        FILE *stat = fopen(path, "re");
        must(stat && fscanf(stat, "%lld", &one) == 1 && fclose(stat) == 0);
        used += one;
    }
    must(closedir(tasks) == 0);
    return used;
}

int main(void)
{
    int listener = listen_on_loopback();
    for (int i = 0; i < PAIRS; i++)
        pair_at(listener);
    usleep(200000); /* until each is known */
    long long before = used_by_others();
    usleep(MEASURED_MS * 1000);
    double share = (double)(used_by_others() - before) / 1e6 / MEASURED_MS;
    if (share > 0.04)
        dprintf(2, "%.3f of a processor\n", share);
    return 0;
}
