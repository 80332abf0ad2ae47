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

void connect_pair(int ends[2])
{
    static int listener = -1;
    static struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    if (listener < 0) {
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        listener = socket(AF_INET, SOCK_STREAM, 0);
        if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 16) ||
            getsockname(listener, (struct sockaddr *)&address, &size))
            give_up("listen");
    }
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(ends[0], (struct sockaddr *)&address, size))
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
    static char data[BATCH];
    if (kind->moves == TAKES)
        expect(write(peer, data, BATCH), BATCH);
    if (kind->moves == GIVES)
        while (poll(&(struct pollfd){peer, POLLIN, 0}, 1, 0) > 0)
            if (read(peer, data, sizeof data) <= 0)
                give_up("drain");
}

static struct kind kinds[] = {
    {"read-file", open_zero, call_read, MOVES_NOTHING, {-1, -1}},
    {"write-file", open_zero, call_write, MOVES_NOTHING, {-1, -1}},
    {"read-pipe", open_pipe_out, call_read, TAKES, {-1, -1}},
    {"write-pipe", open_pipe_in, call_write, GIVES, {-1, -1}},
    {"read-unix", open_unix, call_read, TAKES, {-1, -1}},
    {"write-unix", open_unix, call_write, GIVES, {-1, -1}},
    {"send", connect_pair, call_send, GIVES, {-1, -1}},
    {"write-tcp", connect_pair, call_write, GIVES, {-1, -1}},
    {"sendmsg", connect_pair, call_sendmsg, GIVES, {-1, -1}},
    {"recv", connect_pair, call_recv, TAKES, {-1, -1}},
    {"read-tcp", connect_pair, call_read, TAKES, {-1, -1}},
    {"recvmsg", connect_pair, call_recvmsg, TAKES, {-1, -1}},
    {"again", connect_pair, call_again, MOVES_NOTHING, {-1, -1}},
    {"malloc", open_nothing, call_malloc, MOVES_NOTHING, {-1, -1}},
    {"putc", open_stream, call_putc, MOVES_NOTHING, {-1, -1}},
    {"shared_ptr", open_nothing, call_shared_ptr, MOVES_NOTHING, {-1, -1}},
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
