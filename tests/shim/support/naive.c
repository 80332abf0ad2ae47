/*
 * How such a library is usually written, in good faith: the tests of hazards (hazards_test.py) must fail
 * under it, or they would tell nothing. It finds plain leaks all the same. Each part that is named a mistake
 * here is a hazard of the design; none is there for its own sake.
 *
 * Leaks go as JSON lines to the file that NAIVE_LOG names.
 */
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NUMBERS = 1024, GRACE = 5, TICK_US = 20000, CLOSE_WAIT = 8 };

/* A fixed table, by number; what lies there is malloc'ed by a hook. */
struct record {
    bool told_eof, reported;
    int ticks_in_close_wait;
};

static struct record **records;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t watcher;
static bool started;

/* Looked up on first use. The constructor asks the environment, and cuts what is not its own. */
#define NEXT(name)                                                                                           \
    static __typeof__(name) *next_##name;                                                                    \
    if (!next_##name)                                                                                        \
        next_##name = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);

__attribute__((constructor)) static void load(void)
{
    char *policy = getenv("WAITCLOSE");
    records = calloc(NUMBERS, sizeof *records);
    if (policy)
        strtok(policy, " ");
    FILE *file = fopen("/etc/naive.conf", "r");
    if (file)
        fclose(file);
}

/* Opened for each line, in the program's table. */
static void report(int fd, const struct record *record)
{
    const char *path = getenv("NAIVE_LOG");
    FILE *log = path ? fopen(path, "a") : NULL;
    if (!log)
        return;
    fprintf(log, "{\"event\":\"leak\",\"fd\":%d,\"cause\":\"%s\"}\n", fd,
            record->told_eof ? "eof-ignored" : "eof-unread");
    fclose(log);
}

static void look(int fd, struct record *record)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || info.tcpi_state != CLOSE_WAIT)
        return;
    if (++record->ticks_in_close_wait < GRACE || record->reported)
        return;
    record->reported = true;
    report(fd, record);
}

static void *watch(void *unused)
{
    for (;;) {
        pthread_mutex_lock(&lock);
        for (int fd = 0; fd < NUMBERS; fd++)
            if (records[fd])
                look(fd, records[fd]);
        pthread_mutex_unlock(&lock);
        usleep(TICK_US);
    }
    return unused;
}

/* No check of the number, no thought of fork: what has started stays "started". */
static void born(int fd)
{
    pthread_mutex_lock(&lock);
    free(records[fd]);
    records[fd] = calloc(1, sizeof *records[fd]);
    if (!started)
        started = pthread_create(&watcher, NULL, watch, NULL) == 0;
    pthread_mutex_unlock(&lock);
}

static void gone(int fd)
{
    if (fd < 0 || fd >= NUMBERS)
        return;
    pthread_mutex_lock(&lock);
    free(records[fd]);
    records[fd] = NULL;
    pthread_mutex_unlock(&lock);
}

/* Asks the kernel after each read, and so leaves its errno. */
static void was_read(int fd, ssize_t got)
{
    int error;
    socklen_t size = sizeof error;
    if (fd < 0 || fd >= NUMBERS)
        return;
    pthread_mutex_lock(&lock);
    if (records[fd] && got == 0)
        records[fd]->told_eof = true;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    pthread_mutex_unlock(&lock);
}

int socket(int domain, int type, int protocol)
{
    NEXT(socket)
    int fd = next_socket(domain, type, protocol);
    if (fd >= 0)
        born(fd);
    return fd;
}

int accept(int listener, struct sockaddr *peer, socklen_t *size)
{
    NEXT(accept)
    int fd = next_accept(listener, peer, size);
    if (fd >= 0)
        born(fd);
    return fd;
}

/* Their fortified twins, and readv, recvmsg and the rest, are forgotten. */
ssize_t read(int fd, void *buffer, size_t size)
{
    NEXT(read)
    ssize_t got = next_read(fd, buffer, size);
    was_read(fd, got);
    return got;
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
    NEXT(recv)
    ssize_t got = next_recv(fd, buffer, size, flags);
    was_read(fd, got);
    return got;
}

int close(int fd)
{
    NEXT(close)
    gone(fd);
    return next_close(fd);
}
