// A child that nobody has waited for holds nothing, though it shows its descriptors to root alone
// (Linux 6.18); nor does one whose main thread has gone, and whose others show theirs.
// policy: action=close grace=100ms interval=20ms
// expect: leak cause=eof-unread
// expect: action result=ok
#include "users.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>

static void *stay(void *unused)
{
    (void)unused;
    for (;;)
        pause();
    return NULL;
}

static bool is_zombie(pid_t child)
{
    char path[40], stat[200];
    snprintf(path, sizeof path, "/proc/%d/stat", child);
    int file = open(path, O_RDONLY);
    ssize_t size = read(file, stat, sizeof stat - 1);
    close(file);
    must(size > 0);
    stat[size] = '\0';
    return strstr(stat, ") Z ");
}

int main(void)
{
    pthread_t thread;
    become_nobody();
    must(prctl(PR_SET_DUMPABLE, 1) == 0); /* or its children hide what they have */
    pid_t dead = fork();
    if (dead == 0)
        _exit(0);
    pid_t headless = fork();
    if (headless == 0) {
        must(pthread_create(&thread, NULL, stay, NULL) == 0);
        syscall(SYS_exit, 0);
    }
    while (!is_zombie(dead) || !is_zombie(headless))
        nap_ms(10);
    struct pair pair = pair_of_sockets();
    close(pair.server);
    await_events(2);
    must(kill(headless, SIGKILL) == 0);
    return 0;
}
