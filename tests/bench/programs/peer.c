/*
 * peer COUNT: the other end of so many connections; itself it runs under nothing. Its first line is the port
 * where it listens; once all have come, a ".". Then it answers, each answer ended by ".":
 *
 *   fin          finishes all connections at once: for each `PORT NANOSECONDS`, the other's port and the
 * moment (CLOCK_REALTIME) await MS     for each connection that the other end finishes within MS
 * milliseconds: the same
 */
#include "say.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct pollfd *others;
static int *ports;
static int count;

static void accept_all(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1024) ||
        getsockname(listener, (struct sockaddr *)&address, &size))
        fail("listen");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (int i = 0; i < count; i++) {
        others[i].events = POLLIN;
        others[i].fd = accept(listener, (struct sockaddr *)&address, &size);
        if (others[i].fd < 0)
            fail("accept");
        ports[i] = ntohs(address.sin_port);
    }
}

static void finish_all(void)
{
    long long *moments = calloc((size_t)count + 1, sizeof *moments);
    for (int i = 0; i < count; i++) {
        moments[i] = now_ns(CLOCK_REALTIME);
        shutdown(others[i].fd, SHUT_WR);
    }
    for (int i = 0; i < count; i++)
        printf("%d %lld\n", ports[i], moments[i]);
    free(moments);
}

static void await_all(long ms)
{
    long long until = now_ns(CLOCK_MONOTONIC) + ms * 1000000LL;
    for (int left = count; left > 0 && now_ns(CLOCK_MONOTONIC) < until;) {
        poll(others, (nfds_t)count, 100);
        long long moment = now_ns(CLOCK_REALTIME);
        for (int i = 0; i < count; i++) {
            if (others[i].fd < 0 || !others[i].revents)
                continue;
            printf("%d %lld\n", ports[i], moment);
            close(others[i].fd);
            others[i].fd = -1;
            left--;
        }
        usleep(2000); /* a poll of them all takes a while itself, and is not what is measured */
    }
}

int main(int words_count, char **words)
{
    char line[32];
    count = words_count == 2 ? atoi(words[1]) : 0;
    others = calloc((size_t)count + 1, sizeof *others);
    ports = calloc((size_t)count + 1, sizeof *ports);
    accept_all();
    done();
    while (fgets(line, sizeof line, stdin)) {
        if (strncmp(line, "fin", 3) == 0)
            finish_all();
        else if (strncmp(line, "await ", 6) == 0)
            await_all(atol(line + 6));
        done();
    }
    return 0;
}
