// The number of an ended socket is reused past the hooks: what lies there now is not ours, SIGPIPE and all.
// Naive: keeps SIGPIPE from the wrong one.
// policy: action=close grace=100ms interval=20ms
// expect: leak cause=eof-unread
// expect: action action=close result=ok
// expect: healed
#include "ended.h"

#include <signal.h>

static volatile sig_atomic_t signals;

static void count(int signal)
{
    (void)signal;
    signals++;
}

int main(void)
{
    struct sigaction action = {.sa_handler = count};
    int client = ended_socket(), other[2];
    must(sigaction(SIGPIPE, &action, NULL) == 0);
    must(write(client, "x", 1) < 0 && errno == EPIPE && signals == 0);
    must(pipe(other) == 0 && dup2_past_libc(other[1], client) == client);
    must(write(client, "x", 1) == 1);
    close(other[0]);
    must(write(client, "x", 1) < 0 && errno == EPIPE && signals == 1);
    await_events(3);
    return 0;
}
