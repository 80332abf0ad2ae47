// A signal handler jumps out of the call that starts the watcher, at any moment: the process has its watcher,
// or gets it with its next socket. Naive: half started is never started.
// policy: grace=1ms interval=5ms exitcode=9
// expect: 40 leak
#include "sockets.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>

enum { CHILDREN = 40, LEAKED = 9 };

static sigjmp_buf before;

static void jump(int signal)
{
    (void)signal;
    siglongjmp(before, 1);
}

static void first_socket_interrupted(int microseconds)
{
    struct itimerval soon = {.it_value.tv_usec = microseconds}, never = {.it_value.tv_usec = 0};
    if (sigsetjmp(before, 1) == 0) {
        setitimer(ITIMER_REAL, &soon, NULL);
        socket(AF_INET, SOCK_STREAM, 0);
        pause();
    }
    setitimer(ITIMER_REAL, &never, NULL);
}

int main(void)
{
    must(signal(SIGALRM, jump) != SIG_ERR);
    for (int i = 0; i < CHILDREN; i++) {
        pid_t child = fork();
        if (child == 0) {
            first_socket_interrupted(1 + i * 3);
            close(pair_of_sockets().server);
            nap_ms(5);
            exit(0);
        }
        must(status_of(child) == LEAKED);
    }
    return 0;
}
