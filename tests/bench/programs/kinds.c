#include "kinds.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fd = -1, peer = -1;
static char byte;
static FILE *stream;
static struct iovec vector = {&byte, 1};
static struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};

void give_up(const char *what)
{
    perror(what);
    exit(2);
}

/* What it accepts ends with a reset, so that no port is lost to TIME_WAIT. */
static int listen_once(struct sockaddr_in *address)
{
    static int listener = -1;
    static struct sockaddr_in bound = {.sin_family = AF_INET};
    socklen_t size = sizeof bound;
    if (listener < 0) {
        bound.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        listener = socket(AF_INET, SOCK_STREAM, 0);
        struct linger reset = {1, 0};
        if (bind(listener, (struct sockaddr *)&bound, size) || listen(listener, 16) ||
            setsockopt(listener, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) ||
            getsockname(listener, (struct sockaddr *)&bound, &size))
            give_up("listen");
    }
    *address = bound;
    return listener;
}

void connect_pair(int ends[2])
{
    struct sockaddr_in address;
    int listener = listen_once(&address);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(ends[0], (struct sockaddr *)&address, sizeof address))
        give_up("connect");
    ends[1] = accept(listener, NULL, NULL);
}

static void open_zero(int ends[2])
{
    ends[0] = open("/dev/zero", O_RDWR);
}

static void open_pipe_out(int ends[2])
{
    if (pipe(ends))
        give_up("pipe");
}

static void open_pipe_in(int ends[2])
{
    int turned[2];
    open_pipe_out(turned);
    ends[0] = turned[1];
    ends[1] = turned[0];
}

static void open_unix(int ends[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
        give_up("socketpair");
}

static void open_stream(int ends[2])
{
    (void)ends;
    stream = fopen("/dev/null", "w");
}

static void open_nothing(int ends[2])
{
    (void)ends;
}

/* What a call must return, so that nothing is measured that does not do what its name says. */
static void expect(ssize_t got, ssize_t wanted)
{
    if (__builtin_expect(got != wanted, 0))
        give_up("the measured call");
}

static void call_read(void)
{
    expect(read(fd, &byte, 1), 1);
}

static void call_recv(void)
{
    expect(recv(fd, &byte, 1, 0), 1);
}

static void call_recvmsg(void)
{
    expect(recvmsg(fd, &message, 0), 1);
}

static void call_again(void)
{
    expect(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
}

static void call_write(void)
{
    expect(write(fd, &byte, 1), 1);
}

static void call_send(void)
{
    expect(send(fd, &byte, 1, 0), 1);
}

static void call_sendmsg(void)
{
    expect(sendmsg(fd, &message, 0), 1);
}

static void call_cycle(void)
{
    int ends[2];
    connect_pair(ends);
    close(ends[1]);
    close(ends[0]);
}

/* The same from so many frames down as a program of some size has. */
static __attribute__((noinline)) void cycle_below(int frames)
{
    if (frames > 0)
        cycle_below(frames - 1);
    else
        call_cycle();
    __asm__ volatile("" ::: "memory"); /* no jump instead of the call */
}

static void call_deep_cycle(void)
{
    cycle_below(20);
}

static void call_malloc(void)
{
    void *volatile block = malloc(64);
    free(block);
}

static void call_putc(void)
{
    putc('x', stream);
}

void kind_prepare(const struct kind *kind)
{
    static char data[BATCH_MAX];
    if (kind->moves == TAKES)
        expect(write(peer, data, (size_t)kind->batch), kind->batch);
    if (kind->moves == GIVES)
        while (poll(&(struct pollfd){peer, POLLIN, 0}, 1, 0) > 0)
            if (read(peer, data, sizeof data) <= 0)
                give_up("drain");
}

static struct kind kinds[] = {
    {"read-file", open_zero, call_read, MOVES_NOTHING, 256, {-1, -1}},
    {"write-file", open_zero, call_write, MOVES_NOTHING, 256, {-1, -1}},
    {"read-pipe", open_pipe_out, call_read, TAKES, 256, {-1, -1}},
    {"write-pipe", open_pipe_in, call_write, GIVES, 256, {-1, -1}},
    {"read-unix", open_unix, call_read, TAKES, 256, {-1, -1}},
    {"write-unix", open_unix, call_write, GIVES, 256, {-1, -1}},
    {"send", connect_pair, call_send, GIVES, 256, {-1, -1}},
    {"write-tcp", connect_pair, call_write, GIVES, 256, {-1, -1}},
    {"sendmsg", connect_pair, call_sendmsg, GIVES, 256, {-1, -1}},
    {"recv", connect_pair, call_recv, TAKES, 256, {-1, -1}},
    {"read-tcp", connect_pair, call_read, TAKES, 256, {-1, -1}},
    {"recvmsg", connect_pair, call_recvmsg, TAKES, 256, {-1, -1}},
    {"again", connect_pair, call_again, MOVES_NOTHING, 256, {-1, -1}},
    {"cycle", open_nothing, call_cycle, MOVES_NOTHING, 16, {-1, -1}},
    {"deep-cycle", open_nothing, call_deep_cycle, MOVES_NOTHING, 16, {-1, -1}},
    {"malloc", open_nothing, call_malloc, MOVES_NOTHING, 256, {-1, -1}},
    {"putc", open_stream, call_putc, MOVES_NOTHING, 256, {-1, -1}},
    {"shared_ptr", open_nothing, call_shared_ptr, MOVES_NOTHING, 256, {-1, -1}},
};

const struct kind *kind_take(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, name) != 0)
            continue;
        if (kinds[i].open) {
            kinds[i].open(kinds[i].ends);
            kinds[i].open = NULL;
        }
        fd = kinds[i].ends[0];
        peer = kinds[i].ends[1];
        return &kinds[i];
    }
    give_up(name);
}
