// A program with libcap's psx gives up its capabilities in all its threads by bare system calls. The watcher
// has none afterwards either. Naive: libcap does not know the thread, which keeps root's; or waits for its
// answer for ever.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out
// expect: leak cause=eof-unread dir=out
#include "sockets.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/capability.h>

static void *rests(void *unused)
{
    for (;;)
        pause();
    return unused;
}

/* How many threads there are that have none. */
static int powerless_threads(void)
{
    char path[280], status[4096];
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(tasks));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
        int file = open(path, O_RDONLY);
        ssize_t size = read(file, status, sizeof status - 1);
        close(file);
        if (size <= 0)
            continue;
        status[size] = '\0';
        must(strstr(status, "\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"));
        count++;
    }
    closedir(tasks);
    return count;
}

int main(void)
{
    pthread_t thread;
    must(pthread_create(&thread, NULL, rests, NULL) == 0);
    close(pair_of_sockets().server);
    await_events(1);
    cap_t none = cap_init();
    must(none && cap_set_proc(none) == 0 && cap_free(none) == 0);
    must(powerless_threads() >= 3);
    close(pair_of_sockets().server);
    await_events(2);
    return 0;
}
