/*
 * holder PORT COUNT: the program that is watched: opens so many connections to a peer (peer.c), and does
 * nothing with them. Once they are there, a "."; then it answers:
 *
 *   work MS      makes requests to itself for so long, one byte there and back over a connection of its own;
 * for each 50 ms one line with the moment of its end (nanoseconds, CLOCK_REALTIME) and how many it made; "."
 */
#include "say.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SLOT_MS = 50 };

static int to_itself[2];

static void connect_all(int port, int count)
{
    struct sockaddr_in address = loopback(port);
    for (int i = 0; i < count; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address))
            fail("connect");
    }
}

static void connect_to_itself(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1) ||
        getsockname(listener, (struct sockaddr *)&address, &size))
        fail("listen");
    to_itself[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(to_itself[0], (struct sockaddr *)&address, size))
        fail("connect");
    to_itself[1] = accept(listener, NULL, NULL);
    close(listener);
}

static void request(void)
{
    char byte = 0;
    for (int way = 0; way < 2; way++)
        if (write(to_itself[way], &byte, 1) != 1 || read(to_itself[!way], &byte, 1) != 1)
            fail("request");
}

static void work(long ms)
{
    for (long slot = 0; slot < ms / SLOT_MS; slot++) {
        long made = 0;
        long long until = now_ns(CLOCK_REALTIME) + SLOT_MS * 1000000LL, now;
        long long cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
        for (; (now = now_ns(CLOCK_REALTIME)) < until; made++)
            request();
        printf("%lld %ld %lld\n", now, made, now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu);
    }
}

int main(int words_count, char **words)
{
    char line[32];
    if (words_count != 3)
        return 2;
    connect_to_itself();
    connect_all(atoi(words[1]), atoi(words[2]));
    done();
    while (fgets(line, sizeof line, stdin)) {
        if (strncmp(line, "work ", 5) == 0)
            work(atol(line + 5));
        done();
    }
    return 0;
}
