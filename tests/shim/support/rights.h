/* A connected socket from another process, whose peer has gone. */
#ifndef RIGHTS_H
#define RIGHTS_H

#include "sockets.h"

static inline void send_socket(int channel, int fd)
{
    char control[CMSG_SPACE(sizeof fd)] = {0}, byte = 0;
    struct iovec data = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    must(sendmsg(channel, &message, 0) == 1);
}

/* The child makes the connection, sends one end, closes the other and is gone when this returns. */
static inline int receive_socket(void)
{
    int channel[2], fd;
    char control[CMSG_SPACE(sizeof fd)], byte;
    struct iovec data = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, channel) == 0);
    pid_t child = fork();
    if (child == 0) {
        send_socket(channel[1], pair_of_sockets().client);
        _exit(0);
    }
    must(child > 0 && status_of(child) == 0);
    must(recvmsg(channel[0], &message, 0) == 1);
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    close(channel[0]);
    close(channel[1]);
    return fd;
}

#endif
