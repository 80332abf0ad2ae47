/* What the small programs share: connected pairs over loopback, and waits that end as soon as they can. */
#ifndef SOCKETS_H
#define SOCKETS_H

/* This header comes first in every program, and so decides. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Like assert, but always compiled, and with the reason. */
#define must(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            dprintf(2, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, strerror(errno));                  \
            _exit(99);                                                                                       \
        }                                                                                                    \
    } while (0)

struct pair {
    int client, server;
};

static inline int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void nap_ms(int ms)
{
    struct timespec nap = {ms / 1000, ms % 1000 * 1000000L};
    while (nanosleep(&nap, &nap) < 0)
        ;
}

/* Waits until the peer has ended the connection, one way or another. */
static inline void await_end(int fd)
{
    struct pollfd end = {.fd = fd, .events = POLLRDHUP};
    must(poll(&end, 1, 10000) == 1);
}

static inline int lines_in(const char *path)
{
    char text[4096];
    ssize_t size;
    int lines = 0, file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    while ((size = read(file, text, sizeof text)) > 0)
        for (ssize_t i = 0; i < size; i++)
            lines += text[i] == '\n';
    close(file);
    return lines;
}

/* Waits for so many events in the log, and a few looks more, in case there are too many. Without a log it
 * naps. */
static inline void await_events(int events)
{
    const char *log = getenv("TEST_EVENTS");
    for (int waited = 0; log && lines_in(log) < events && waited < 10000; waited += 10)
        nap_ms(10);
    nap_ms(log ? 100 : 300);
}

static inline int listen_at(const void *address, socklen_t size, int backlog)
{
    int listener = socket(((const struct sockaddr *)address)->sa_family, SOCK_STREAM, 0);
    must(listener >= 0);
    must(bind(listener, address, size) == 0);
    must(listen(listener, backlog) == 0);
    return listener;
}

static inline struct sockaddr_in loopback(void)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static inline int listen_on_loopback(void)
{
    struct sockaddr_in here = loopback();
    return listen_at(&here, sizeof here, 16);
}

static inline struct sockaddr_in address_of(int listener)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    must(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    return address;
}

static inline int connect_to(int listener)
{
    struct sockaddr_storage there;
    socklen_t size = sizeof there;
    must(getsockname(listener, (struct sockaddr *)&there, &size) == 0);
    int client = socket(there.ss_family, SOCK_STREAM, 0);
    must(client >= 0);
    must(connect(client, (struct sockaddr *)&there, size) == 0);
    return client;
}

static inline struct pair pair_at(int listener)
{
    struct pair pair = {.client = connect_to(listener)};
    pair.server = accept(listener, NULL, NULL);
    must(pair.server >= 0);
    return pair;
}

static inline struct pair pair_of_sockets(void)
{
    int listener = listen_on_loopback();
    struct pair pair = pair_at(listener);
    close(listener);
    return pair;
}

/* Ends a connection with an RST instead of a FIN. */
static inline void reset(int fd)
{
    struct linger at_once = {.l_onoff = 1};
    must(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
    must(close(fd) == 0);
}

/* Sends the text and the FIN in one segment. */
static inline void send_and_close(int fd, const char *text)
{
    ssize_t size = (ssize_t)strlen(text);
    must(send(fd, text, (size_t)size, MSG_MORE) == size);
    must(close(fd) == 0);
}

/* No fork handler is run, no hook called. Younger machines have neither fork(2) nor dup2(2). */
static inline pid_t fork_past_libc(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static inline int dup2_past_libc(int fd, int number)
{
    return fd == number ? number : (int)syscall(SYS_dup3, fd, number, 0);
}

/* The parent's half of a test that a child carries out: its status is ours. */
static inline int status_of(pid_t child)
{
    int status;
    must(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

#endif
