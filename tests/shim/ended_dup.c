// What the policy has ended gets another number, by each call that makes one: that one raises no SIGPIPE
// either, at once. Naive: it knows only the number that it has ended, and the first write under the other
// kills the program.
// policy: action=close grace=100ms interval=20ms
// expect: leak cause=eof-unread
// expect: action action=close result=ok
// expect: healed
#include "ended.h"

enum { FAR = 500 };

static void must_break(int fd)
{
    must(fd >= 0 && write(fd, "x", 1) < 0 && errno == EPIPE);
    must(write(dup(fd), "x", 1) < 0 && errno == EPIPE);
}

/* With the fifth, which is that of a connection, nothing has changed. */
static void must_work(int fd, int onto)
{
    must(dup2(fd, onto) == onto && write(onto, "x", 1) == 1);
}

int main(void)
{
    struct pair pair = pair_of_sockets();
    int client = ended_socket();
    int beyond = fcntl(client, F_DUPFD, FAR), at_exec = fcntl(client, F_DUPFD_CLOEXEC, FAR);
    must_break(dup(client));
    must_break(dup2(client, 300));
    must_break(dup3(client, 301, O_CLOEXEC));
    must(beyond >= FAR && at_exec >= FAR && fcntl(at_exec, F_GETFD) == FD_CLOEXEC);
    must_break(beyond);
    must_break(at_exec);
    must(dup2(client, client) == client && fcntl(client, F_GETFL) >= 0);
    must_work(pair.client, 300);
    must_work(pair.client, client);
    must(dup(-1) < 0 && errno == EBADF && dup2(-1, 300) < 0 && errno == EBADF);
    for (int number = 3; number < FAR * 2; number++)
        close(number);
    await_events(3);
    return 0;
}
