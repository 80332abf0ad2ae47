// A signal handler jumps out of whatever it interrupts, be it the giving back of numbers in the program's
// socket(): none is left half given back. Naive: a number stays claimed for ever, and its close does nothing.
// policy: grace=1ms interval=5ms action=close release=1ms
// expect: 400 leak
// expect: 400 action action=close result=ok
// expect: 400 action action=release result=ok
#include "ended.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>

enum { ROUNDS = 4, AT_ONCE = 100 };

static sigjmp_buf before;

static void jump(int signal)
{
    (void)signal;
    siglongjmp(before, 1);
}

/* Makes a socket, and is interrupted after so long. */
static void socket_interrupted(int microseconds)
{
    struct itimerval soon = {.it_value.tv_usec = microseconds}, never = {.it_value.tv_usec = 0};
    volatile int made = -1;
    if (sigsetjmp(before, 1) == 0) {
        setitimer(ITIMER_REAL, &soon, NULL);
        made = socket(AF_INET, SOCK_STREAM, 0);
        pause();
    }
    setitimer(ITIMER_REAL, &never, NULL);
    close(made);
}

static bool all_given_back(const int *numbers)
{
    nap_ms(1);
    close(socket(AF_INET, SOCK_STREAM, 0));
    for (int i = 0; i < AT_ONCE; i++)
        if (fcntl(numbers[i], F_GETFD) >= 0)
            return false;
    return true;
}

int main(void)
{
    int clients[AT_ONCE];
    must(signal(SIGALRM, jump) != SIG_ERR);
    for (int round = 0; round < ROUNDS; round++) {
        leak_many(clients, AT_ONCE);
        await_events((round * 3 + 2) * AT_ONCE);
        socket_interrupted(10 + round * 60);
        int64_t until = now_ms() + 10000;
        while (!all_given_back(clients))
            must(now_ms() < until);
        await_events((round * 3 + 3) * AT_ONCE);
    }
    return 0;
}
