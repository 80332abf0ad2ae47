// What was ended and is connected anew is a connection like any other at once, though the watcher has not
// looked yet: it sends files, and raises SIGPIPE when it is over.
// policy: action=reset grace=1s interval=1s
// expect: leak cause=eof-unread
// expect: action action=reset result=ok
// expect: healed
#include "ended.h"

#include <signal.h>
#include <sys/sendfile.h>

static volatile sig_atomic_t signals;

static void count(int signal)
{
    (void)signal;
    signals++;
}

int main(void)
{
    char text[8];
    struct sigaction action = {.sa_handler = count};
    int client = ended_socket(), listener = listen_on_loopback(), file = open("/proc/self/exe", O_RDONLY);
    struct sockaddr_in there = address_of(listener);
    must(sigaction(SIGPIPE, &action, NULL) == 0);
    must(read(client, text, 1) < 0 && errno == ECONNRESET);
    must(sendfile(client, file, NULL, 4) < 0 && errno == EPIPE && signals == 0);
    must(connect(client, (struct sockaddr *)&there, sizeof there) == 0);
    int server = accept(listener, NULL, NULL);
    must(sendfile(client, file, NULL, 4) == 4 && read(server, text, sizeof text) == 4);
    reset(server);
    await_end(client);
    must(write(client, "x", 1) < 0 && errno == ECONNRESET);
    must(write(client, "x", 1) < 0 && errno == EPIPE && signals == 1);
    close(client);
    return 0;
}
