#include "kinds.h"

#include <fcntl.h>
#include <netinet/in.h>
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

static void open_zero(void)
{
    fd = open("/dev/zero", O_RDWR);
}

static void open_pipe(int mine)
{
    int ends[2];
    if (pipe(ends))
        give_up("pipe");
    fd = ends[mine];
    peer = ends[!mine];
}

static void open_pipe_out(void)
{
    open_pipe(0);
}

static void open_pipe_in(void)
{
    open_pipe(1);
}

static void open_unix(void)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
        give_up("socketpair");
    fd = ends[0];
    peer = ends[1];
}

static void open_tcp(void)
{
    int ends[2];
    connect_pair(ends);
    fd = ends[0];
    peer = ends[1];
}

static void open_stream(void)
{
    stream = fopen("/dev/null", "w");
}

static void open_nothing(void)
{
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
    if (peer < 0)
        return;
    if (kind->moves == TAKES)
        expect(write(peer, data, BATCH), BATCH);
    if (kind->moves == GIVES)
        while (recv(peer, data, sizeof data, MSG_DONTWAIT) > 0)
            ;
}

const struct kind *kind_find(const char *name)
{
    static const struct kind kinds[] = {
        {"read-file", open_zero, call_read, MOVES_NOTHING},
        {"write-file", open_zero, call_write, MOVES_NOTHING},
        {"read-pipe", open_pipe_out, call_read, TAKES},
        {"write-pipe", open_pipe_in, call_write, GIVES},
        {"read-unix", open_unix, call_read, TAKES},
        {"write-unix", open_unix, call_write, GIVES},
        {"send", open_tcp, call_send, GIVES},
        {"write-tcp", open_tcp, call_write, GIVES},
        {"sendmsg", open_tcp, call_sendmsg, GIVES},
        {"recv", open_tcp, call_recv, TAKES},
        {"read-tcp", open_tcp, call_read, TAKES},
        {"recvmsg", open_tcp, call_recvmsg, TAKES},
        {"again", open_tcp, call_again, MOVES_NOTHING},
        {"malloc", open_nothing, call_malloc, MOVES_NOTHING},
        {"putc", open_stream, call_putc, MOVES_NOTHING},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    give_up(name);
}
