/*
 * Makes the library ask the kernel for all that it ever asks for, but what stands in refused_calls_test.py as
 * never asked here. The program must not notice what is refused to the library; nor may a thread keep rights
 * that it has given up.
 */
#include "users.h"

#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>

/* As a loop does. */
static void watch_with_an_epoll(int fd)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = fd};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    must(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
}

/* Without a watcher of its own. */
static pid_t child_that_holds_all(void)
{
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    while (child == 0)
        syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
    return child;
}

/* Its child has what the program holds of it: nothing may end it. */
static void expect_no_end(int peer)
{
    char text[8];
    must(recv(peer, text, sizeof text, MSG_DONTWAIT) < 0 && errno == EAGAIN);
}

/* Whether a connection that is in use still is as it was. */
static void converse(struct pair pair)
{
    char text[8];
    must(write(pair.client, "ping", 4) == 4 && read(pair.server, text, sizeof text) == 4);
    must(send(pair.server, "pong", 4, 0) == 4 && recv(pair.client, text, sizeof text, 0) == 4);
}

int main(void)
{
    static const char goodbye[7] = "\x15\x03\x03\x00\x02\x01\x00";
    int listener = listen_on_loopback(), crowded = listen_on_loopback();
    struct pair used = pair_at(listener), shared = pair_at(listener);
    pid_t child = child_that_holds_all();
    struct pair out = pair_at(listener), in = pair_at(listener);
    watch_with_an_epoll(out.client);
    must(write(out.server, goodbye, sizeof goodbye) == sizeof goodbye);
    must(close(out.server) == 0 && shutdown(shared.server, SHUT_WR) == 0 && close(in.client) == 0);
    close(connect_to(crowded));
    must(getuid() != 0 || setgroups(1, &(gid_t){NOBODY}) == 0);
    must(setgid(getgid()) == 0);
    nap_ms(200);
    for (int i = 0; i < 5; i++) { /* what is to be settled is, by a thread of the program's */
        converse(used);
        close(socket(AF_INET, SOCK_STREAM, 0));
        nap_ms(20);
    }
    expect_no_end(shared.server);
    must(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child && close(shared.server) == 0);
    must(unshare(0) == 0);
    nap_ms(20);
    become_nobody();
    converse(used);
    puts("unharmed");
    return 0;
}
