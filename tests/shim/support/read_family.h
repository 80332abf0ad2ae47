/*
 * Each call of the read family takes data and FIN from the queue at once, so that only the hook can tell
 * whether the program has been told of the end: it has where a second read returned 0.
 */
#include "vectors.h"

enum { TEXT_SIZE = 8 };

typedef ssize_t reading(int fd, char *text, size_t size);

static ssize_t by_read(int fd, char *text, size_t size)
{
    return read(fd, text, size);
}

static ssize_t by_readv(int fd, char *text, size_t size)
{
    struct iovec parts[2] = {{text, 1}, {text + 1, size - 1}};
    return readv(fd, parts, 2);
}

static ssize_t by_preadv2(int fd, char *text, size_t size)
{
    return preadv2(fd, &(struct iovec){text, size}, 1, -1, 0);
}

static ssize_t by_preadv64v2(int fd, char *text, size_t size)
{
    return preadv64v2(fd, &(struct iovec){text, size}, 1, -1, 0);
}

static ssize_t by_recv(int fd, char *text, size_t size)
{
    return recv(fd, text, size, 0);
}

static ssize_t by_recvfrom(int fd, char *text, size_t size)
{
    struct sockaddr_storage from;
    socklen_t from_size = sizeof from;
    return recvfrom(fd, text, size, 0, (struct sockaddr *)&from, &from_size);
}

static ssize_t by_recvmsg(int fd, char *text, size_t size)
{
    struct iovec part = {text, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    return recvmsg(fd, &message, 0);
}

static ssize_t by_recvmmsg(int fd, char *text, size_t size)
{
    struct iovec part = {text, size};
    struct mmsghdr messages[1] = {{.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}}};
    return recvmmsg(fd, messages, 1, 0, NULL) == 1 ? (ssize_t)messages[0].msg_len : -1;
}

static inline void read_once(reading *by, bool to_the_end)
{
    char text[TEXT_SIZE];
    volatile size_t size =
        4; /* not known to the compiler, or it would take the fortified twin for needless */
    struct pair pair = pair_of_sockets();
    send_and_close(pair.server, "body");
    await_end(pair.client);
    must(by(pair.client, text, size) == 4);
    if (to_the_end)
        must(by(pair.client, text, size) == 0);
}

static inline void read_with_each(bool to_the_end)
{
    static reading *const calls[] = {by_read, by_readv,    by_preadv2, by_preadv64v2,
                                     by_recv, by_recvfrom, by_recvmsg, by_recvmmsg};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        read_once(calls[i], to_the_end);
    await_events(sizeof calls / sizeof *calls);
}
