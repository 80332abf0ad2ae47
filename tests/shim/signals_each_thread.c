// Whoever signals each thread of /proc/self/task and waits until all have answered, as libpsx does since 2.72
// to change its process's rights. Ours has every signal blocked: it must be gone. Naive: waits for ever.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out
// expect: leak cause=eof-unread dir=out
#include "sockets.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

enum { THREADS = 3, TASKS_MAX = 64 };

static _Atomic int answered[TASKS_MAX];
static _Atomic unsigned answers;

static void answer(int signal)
{
    (void)signal;
    unsigned place = atomic_fetch_add(&answers, 1);
    must(place < TASKS_MAX);
    answered[place] = (int)syscall(SYS_gettid);
}

static void *rests(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static bool has_answered(int task)
{
    for (int i = 0; i < TASKS_MAX; i++)
        if (answered[i] == task)
            return true;
    return false;
}

/* How many are still to answer. Each is signalled when it is met first. */
static int to_answer(bool *met)
{
    int left = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(tasks));) {
        int task = atoi(entry->d_name);
        if (task == 0 || has_answered(task))
            continue;
        if (!met[task % 4096] && task % 2)
            syscall(SYS_tkill, task, SIGUSR1);
        else if (!met[task % 4096])
            syscall(SYS_tgkill, getpid(), task, SIGUSR1);
        met[task % 4096] = true;
        left++;
    }
    closedir(tasks);
    return left;
}

static void ask_each_thread(void)
{
    bool met[4096] = {false};
    memset(answered, 0, sizeof answered);
    answers = 0;
    while (to_answer(met))
        sched_yield();
}

int main(void)
{
    pthread_t thread;
    must(signal(SIGUSR1, answer) != SIG_ERR);
    for (int i = 0; i < THREADS; i++)
        must(pthread_create(&thread, NULL, rests, NULL) == 0);
    ask_each_thread();
    close(pair_of_sockets().server);
    await_events(1);
    ask_each_thread();
    close(pair_of_sockets().server);
    await_events(2);
    ask_each_thread();
    return 0;
}
