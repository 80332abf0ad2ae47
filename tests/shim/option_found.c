// Sockets that pass no hook when they are made get their options when they are found: by bare system calls,
// in a message from another process, and, below, at exec.
// policy: keepalive=60/10/3 interval=20ms
// expect: nothing
// everywhere: system calls by number
#include "options.h"

static void await_keepalive(int fd)
{
    for (int waited = 0; !keepalive(fd) && waited < 5000; waited += 10)
        nap_ms(10);
    must_probe(fd, 60, 10, 3);
}

/* A socket made in another process, without the library's notice. */
static int received(void)
{
    int ends[2], fd = -1;
    char byte = 0, room[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec piece = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    pid_t child = fork_past_libc();
    if (child == 0) {
        struct cmsghdr *part = CMSG_FIRSTHDR(&message);
        fd = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
        *part = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(part), &fd, sizeof fd);
        syscall(SYS_sendmsg, ends[1], &message, 0);
        syscall(SYS_exit_group, 0);
    }
    must(recvmsg(ends[0], &message, 0) == 1 && CMSG_FIRSTHDR(&message));
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    must(status_of(child) == 0);
    return fd;
}

int main(int count, char **arguments)
{
    if (count == 2) { /* what was handed down: a listener and a plain socket */
        must_probe(7, 60, 10, 3);
        must_probe(8, 60, 10, 3);
        int client = connect_to(7), server = accept(7, NULL, NULL);
        must_probe(server, 60, 10, 3);
        must(close(client) == 0);
        return 0;
    }
    struct pair pair = pair_of_sockets(); /* the watcher is there */
    await_keepalive((int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
    await_keepalive(received());
    close(pair.client), close(pair.server);

    int listener = listen_on_loopback(), plain = socket(AF_INET6, SOCK_STREAM, 0);
    must(set(listener, SOL_SOCKET, SO_KEEPALIVE, 0) == 0 && set(plain, SOL_SOCKET, SO_KEEPALIVE, 0) == 0);
    must(dup2(listener, 7) == 7 && dup2(plain, 8) == 8 && keepalive(7) == 0 && keepalive(8) == 0);
    execl("/proc/self/exe", arguments[0], "inherited", NULL);
    must(false);
}
