/*
 * Opens COUNT connections that an epoll watches for nothing, lets all peers finish at once, and prints how
 * long after that, beyond GRACE milliseconds, each peer got the FIN that the policy owes it (median, 99th
 * percentile), and how much CPU time the process, the watcher included, takes in a second of waiting
 * afterwards: three numbers in milliseconds, and how many peers got none in ten seconds.
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double seconds(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int ascending(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

/* Each peer that has its FIN is closed, so that it does not become a leak itself. */
static int await_fins(struct pollfd *peers, int count, const double *finished, double *late)
{
    int got = 0;
    for (double until = seconds(CLOCK_MONOTONIC) + 10; got < count && seconds(CLOCK_MONOTONIC) < until;) {
        poll(peers, (nfds_t)count, 100);
        double now = seconds(CLOCK_MONOTONIC);
        for (int i = 0; i < count; i++) {
            if (peers[i].fd < 0 || !peers[i].revents)
                continue;
            late[got++] = (now - finished[i]) * 1000;
            close(peers[i].fd);
            peers[i].fd = -1;
        }
    }
    return got;
}

static double cpu_of_a_second(int epoll)
{
    double before = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (double until = seconds(CLOCK_MONOTONIC) + 1; seconds(CLOCK_MONOTONIC) < until;)
        epoll_wait(epoll, &(struct epoll_event){0}, 1, 100);
    return (seconds(CLOCK_PROCESS_CPUTIME_ID) - before) * 1000;
}

int main(int words_count, char **words)
{
    int count = words_count == 3 ? atoi(words[1]) : 0, epoll = epoll_create1(0);
    double grace = words_count == 3 ? atof(words[2]) : 0;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (count < 1 || bind(listener, (struct sockaddr *)&address, size) || listen(listener, 128) ||
        getsockname(listener, (struct sockaddr *)&address, &size))
        return 2;
    struct pollfd *peers = calloc((size_t)count, sizeof *peers);
    double *finished = calloc((size_t)count, sizeof *finished), *late = calloc((size_t)count, sizeof *late);
    for (int i = 0; i < count; i++) {
        int mine = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(mine, (struct sockaddr *)&address, size) ||
            (peers[i].fd = accept(listener, NULL, NULL)) < 0 ||
            epoll_ctl(epoll, EPOLL_CTL_ADD, mine, &(struct epoll_event){0}))
            return 2;
        peers[i].events = POLLIN;
    }
    usleep(500000); /* the watcher has met them all */
    for (int i = 0; i < count; i++) {
        finished[i] = seconds(CLOCK_MONOTONIC);
        shutdown(peers[i].fd, SHUT_WR);
    }
    int got = await_fins(peers, count, finished, late);
    usleep(500000); /* until the last state has been passed */
    qsort(late, (size_t)got, sizeof *late, ascending);
    printf("%.0f %.0f %.1f %d\n", got ? late[got / 2] - grace : 0, got ? late[got * 99 / 100] - grace : 0,
           cpu_of_a_second(epoll), count - got);
    return 0;
}
