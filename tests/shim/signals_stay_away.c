// No signal of the program's is ever delivered to a thread of ours, and its handlers run on its own stack.
// Naive: the kernel gives the signal to whichever thread does not block it, and the handler runs on a small
// stack.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out
// everywhere: libc's threads
#include "sockets.h"

#include <dirent.h>
#include <signal.h>

static volatile pid_t handled_by;

static void handle(int signal)
{
    (void)signal;
    handled_by = (pid_t)syscall(SYS_gettid);
}

/* How many threads besides the main one block every signal that can be blocked. */
static int threads_that_block_all(void)
{
    char path[280], status[4096];
    struct dirent *entry;
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    while ((entry = readdir(tasks))) {
        if (entry->d_name[0] == '.' || atoi(entry->d_name) == getpid())
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
        int file = open(path, O_RDONLY);
        ssize_t size = read(file, status, sizeof status - 1);
        close(file);
        if (size <= 0) /* it has ended meanwhile */
            continue;
        status[size] = '\0';
        must(strstr(status, "\nSigBlk:\tfffffffffffbfeff\n")); /* all but KILL and STOP */
        count++;
    }
    closedir(tasks);
    return count;
}

int main(void)
{
    sigset_t mine, before;
    must(signal(SIGUSR1, handle) != SIG_ERR);
    close(pair_of_sockets().server);
    await_events(1);
    must(threads_that_block_all() >= 1);
    sigemptyset(&mine);
    sigaddset(&mine, SIGUSR1);
    must(sigprocmask(SIG_BLOCK, &mine, &before) == 0);
    must(kill(getpid(), SIGUSR1) == 0); /* for any thread that does not block it: none */
    nap_ms(50);
    must(!handled_by);
    must(sigprocmask(SIG_SETMASK, &before, NULL) == 0);
    must(handled_by == getpid());
    return 0;
}
