/*
 * reuse ROUNDS: leaks sockets as fast as it can, and as fast takes their numbers away from under the
 * watcher's eyes: a raw dup2(2), which no hook sees, puts a healthy connection where the leak was. Each
 * number is then asked whether it still holds that one, each healthy one whether anybody has touched it, and
 * in the end whether it still carries data both ways.
 *
 * Prints: how many numbers were reused, how many of the leaks the policy had ended by then, and how many
 * healthy connections were hit.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define must(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "reuse.c:%d: %s: %s\n", __LINE__, #condition, strerror(errno));                  \
            _exit(99);                                                                                       \
        }                                                                                                    \
    } while (0)

enum { THREADS = 2, LEAKS = 256, HEALTHY = 16, ADDRESSES = 64 };

struct pair {
    int ours, peer;
    uint64_t holds; /* the cookie of what was put under our number */
};

struct worker {
    pthread_t thread;
    long rounds, ended, hit;
    unsigned seed;
    int listener[ADDRESSES]; /* each on an address of its own: a port has to rest for a minute (TIME_WAIT) */
    struct pair healthy[HEALTHY], leaks[LEAKS];
};

static int listen_on(unsigned which)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001 + which * 256)};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    must(listener >= 0 && bind(listener, (struct sockaddr *)&here, sizeof here) == 0 &&
         listen(listener, 64) == 0);
    return listener;
}

static struct pair connect_to(int listener)
{
    struct sockaddr_in there;
    socklen_t size = sizeof there;
    struct pair pair = {.ours = socket(AF_INET, SOCK_STREAM, 0)};
    must(getsockname(listener, (struct sockaddr *)&there, &size) == 0);
    must(pair.ours >= 0 && connect(pair.ours, (struct sockaddr *)&there, sizeof there) == 0);
    pair.peer = (int)syscall(SYS_accept4, listener, NULL, NULL, 0);
    must(pair.peer >= 0);
    return pair;
}

static uint64_t cookie_of(int fd)
{
    uint64_t cookie = 0;
    socklen_t size = sizeof cookie;
    getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size);
    return cookie;
}

/* Whoever closes it sends an RST, and no port has to rest. */
static void leave_no_trace(int fd)
{
    struct linger at_once = {.l_onoff = 1};
    must(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
}

static void leak(struct worker *worker, struct pair *leak)
{
    *leak = connect_to(worker->listener[rand_r(&worker->seed) % ADDRESSES]);
    leave_no_trace(leak->ours);
    leave_no_trace(leak->peer);
    must(shutdown(leak->peer, SHUT_WR) == 0);
}

static void spin(unsigned turns)
{
    for (unsigned i = 0; i < turns; i++)
        __asm__ volatile("");
}

/* The number is a healthy connection's from now on. Whether the policy had ended the leak before. */
static void reuse(struct worker *worker, struct pair *leak)
{
    char byte;
    int healthy = worker->healthy[rand_r(&worker->seed) % HEALTHY].ours;
    spin(rand_r(&worker->seed) % 20000);
    leak->holds = cookie_of(healthy);
    must(syscall(SYS_dup2, healthy, leak->ours) == leak->ours);
    ssize_t got = recv(leak->peer, &byte, 1, 0); /* our RST, or the policy's FIN before it */
    must(got == 0 || (got < 0 && errno == ECONNRESET));
    worker->ended += got == 0;
}

/* A FIN or RST that nobody sent but us shows at either side. */
static void look_after(struct worker *worker)
{
    struct pollfd ends[2 * HEALTHY];
    for (int i = 0; i < HEALTHY; i++) {
        ends[2 * i] = (struct pollfd){.fd = worker->healthy[i].ours, .events = POLLIN | POLLRDHUP};
        ends[2 * i + 1] = (struct pollfd){.fd = worker->healthy[i].peer, .events = POLLIN | POLLRDHUP};
    }
    worker->hit += poll(ends, 2 * HEALTHY, 0);
}

static void talk(struct worker *worker)
{
    char byte;
    for (int i = 0; i < HEALTHY; i++) {
        struct pair pair = worker->healthy[i];
        bool works = send(pair.ours, "x", 1, MSG_NOSIGNAL) == 1 && read(pair.peer, &byte, 1) == 1 &&
                     send(pair.peer, "y", 1, MSG_NOSIGNAL) == 1 && read(pair.ours, &byte, 1) == 1;
        worker->hit += !works;
    }
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    for (long done = 0; done < worker->rounds; done += LEAKS) {
        for (int i = 0; i < LEAKS; i++)
            leak(worker, &worker->leaks[i]);
        for (int i = 0; i < LEAKS; i++)
            reuse(worker, &worker->leaks[i]);
        look_after(worker);
        for (int i = 0; i < LEAKS; i++) {
            worker->hit += cookie_of(worker->leaks[i].ours) != worker->leaks[i].holds;
            syscall(SYS_close, worker->leaks[i].ours);
            syscall(SYS_close, worker->leaks[i].peer);
        }
    }
    talk(worker);
    return NULL;
}

int main(int count, char **arguments)
{
    static struct worker workers[THREADS];
    long rounds = count == 2 ? atol(arguments[1]) / THREADS / LEAKS * LEAKS : 0, ended = 0, hit = 0;
    must(rounds > 0);
    for (unsigned i = 0; i < THREADS; i++) {
        struct worker *worker = &workers[i];
        worker->rounds = rounds;
        worker->seed = i + 1;
        for (unsigned which = 0; which < ADDRESSES; which++)
            worker->listener[which] = listen_on(i * ADDRESSES + which);
        for (int which = 0; which < HEALTHY; which++)
            worker->healthy[which] = connect_to(worker->listener[0]);
    }
    for (int i = 0; i < THREADS; i++)
        must(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    for (int i = 0; i < THREADS; i++) {
        must(pthread_join(workers[i].thread, NULL) == 0);
        ended += workers[i].ended;
        hit += workers[i].hit;
    }
    printf("reused %ld ended %ld hit %ld\n", rounds * THREADS, ended, hit);
    return 0;
}
