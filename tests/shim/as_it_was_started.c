// The program finds its environment whole, errno 0, and what it was started with open, and hands the same on.
// Naive: strtok() cuts the policy in the program's own environment, and the constructor leaves an errno.
// policy: grace=100ms interval=20ms action=report
// expect: nothing
#include "sockets.h"

static bool whole(void)
{
    const char *policy = getenv("WAITCLOSE");
    return policy && strstr(policy, " interval=20ms action=report") && !strchr(policy, '\n');
}

int main(int count, char **arguments)
{
    must(errno == 0 && whole());
    for (int number = 3; number < 64; number++)
        must(fcntl(number, F_GETFD) < 0);
    if (count > 1)
        return 0;
    pid_t child = fork();
    if (child == 0)
        execl("/proc/self/exe", arguments[0], "again", NULL);
    return status_of(child);
}
