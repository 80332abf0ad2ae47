/*
 * Opens COUNT connections on which nothing happens, then lets the peers of SOME
 * close, and prints for each the moment of its FIN: `PORT NANOSECONDS` (CLOCK_REALTIME),
 * PORT being the program's own port of that connection. A driver sets the moments
 * beside those of the events.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &size);
    return ntohs(address.sin_port);
}

int main(int words_count, char **words)
{
    if (words_count < 4)
        return 2;
    int count = atoi(words[1]), some = atoi(words[2]);
    useconds_t gap = (useconds_t)atoi(words[3]);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 128) ||
        getsockname(listener, (struct sockaddr *)&address, &size))
        return 2;
    int *mine = calloc((size_t)count, sizeof *mine), *peers = calloc((size_t)count, sizeof *peers);
    for (int i = 0; i < count; i++) {
        mine[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(mine[i], (struct sockaddr *)&address, size) ||
            (peers[i] = accept(listener, NULL, NULL)) < 0)
            return 2;
    }
    usleep(500000); /* the watcher has met them all */
    for (int i = 0; i < some; i++) {
        int which = (int)((long long)i * count / some);
        printf("%d %lld\n", port_of(mine[which]), now());
        close(peers[which]);
        if (gap)
            usleep(gap);
    }
    fflush(stdout);
    usleep((useconds_t)atoi(words[4 < words_count ? 4 : 3]));
    return 0;
}
