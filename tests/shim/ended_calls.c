// After action=close the number behaves as a connection that is over: no SIGPIPE from any call of the send
// family, and what the program closes in the end is healed.
// policy: action=close grace=100ms interval=20ms
// expect: leak cause=eof-unread
// expect: action action=close result=ok cause=eof-unread dir=out site
// expect: healed
// everywhere: names of calls
#include "ended.h"
#include "vectors.h"

#include <sys/epoll.h>
#include <sys/sendfile.h>

static void must_break(ssize_t result)
{
    must(result < 0 && errno == EPIPE);
}

static void write_in_every_way(int fd)
{
    char text[] = "x";
    struct iovec piece = {text, 1}, *volatile refused = (struct iovec *)8;
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &piece, .msg_iovlen = 1}};
    int file = open("/proc/self/exe", O_RDONLY), pipes[2];
    must(file >= 0 && pipe(pipes) == 0 && write(pipes[1], text, 1) == 1);
    must_break(write(fd, text, 1));
    must_break(writev(fd, &piece, 1));
    must_break(pwritev2(fd, &piece, 1, -1, 0));
    must_break(pwritev64v2(fd, &piece, 1, -1, 0));
    must(pwritev2(fd, &piece, 1, 0, 0) < 0 && errno == ESPIPE);
    must(pwritev2(fd, refused, 1, -1, 0) < 0 && errno == EFAULT);
    must(writev(fd, refused, 1) < 0 && errno == EFAULT);
    must_break(send(fd, text, 1, 0));
    must_break(sendto(fd, text, 1, 0, NULL, 0));
    must_break(sendmsg(fd, &message.msg_hdr, 0));
    must_break(sendmmsg(fd, &message, 1, 0));
    must_break(sendfile(fd, file, NULL, 1));
    must_break(sendfile64(fd, file, NULL, 1));
    must_break(splice(pipes[0], NULL, fd, NULL, 1, 0));
    close(file);
    close(pipes[0]);
    close(pipes[1]);
}

int main(void)
{
    char text[8];
    struct sockaddr_in address, here;
    socklen_t size = sizeof address;
    struct pollfd ask;
    struct epoll_event event = {.events = EPOLLIN};
    int client, epoll = epoll_create1(0);
    leak_many(&client, 1);
    must(getsockname(client, (struct sockaddr *)&here, &size) == 0);
    await_events(2);

    write_in_every_way(client);
    must(read(client, text, sizeof text) == 0);
    must(recv(client, text, sizeof text, 0) == 0);
    must(getpeername(client, (struct sockaddr *)&address, &size) < 0 && errno == ENOTCONN);
    must(getsockname(client, (struct sockaddr *)&address, &size) == 0 && address.sin_port == here.sin_port);
    ask = (struct pollfd){.fd = client, .events = POLLIN};
    must(poll(&ask, 1, 0) == 1 && ask.revents == (POLLIN | POLLHUP));
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, client, &event) == 0);
    must(epoll_wait(epoll, &event, 1, 0) == 1 && event.events == (EPOLLIN | EPOLLHUP));
    must(shutdown(client, SHUT_RDWR) < 0 && errno == ENOTCONN);
    int copy = dup(client);
    must(copy >= 0 && close(copy) == 0);
    must(close(client) == 0);
    must(close(client) < 0 && errno == EBADF);
    await_events(3);
    return 0;
}
