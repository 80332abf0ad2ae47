/* Births of the program's sockets: through libc or past it, connected, accepted, or no connection at all. */
#include "ground_truth.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>

enum { AWAIT_MS = 2000 };

static int listeners[FAMILIES][2]; /* by family, and whether it is the idle port's */
static uint16_t peer_ports[FAMILIES][2];

uint64_t cookie_of(int fd)
{
    uint64_t cookie = 0;
    socklen_t size = sizeof cookie;
    must(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0);
    return cookie;
}

int tcp_state(int fd)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
    return info.tcpi_state;
}

void await_state(const struct play *play, int state)
{
    int64_t until = now_ms() + AWAIT_MS;
    while (tcp_state(play->fd) != state) {
        if (now_ms() > until)
            fprintf(stderr, "%s: state %d, not %d\n", play->scenario->name, tcp_state(play->fd), state);
        must(now_ms() <= until);
        sched_yield();
    }
}

struct sockaddr_storage address_at(enum family family, uint16_t port, socklen_t *size)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
    if (family == IPV4) {
        *four = (struct sockaddr_in){AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {0}};
        *size = sizeof *four;
    } else {
        *six = (struct sockaddr_in6){AF_INET6, htons(port), 0, IN6ADDR_LOOPBACK_INIT, 0};
        if (family == MAPPED)
            six->sin6_addr = (struct in6_addr){{{[10] = 0xff, 0xff, 127, 0, 0, 1}}};
        *size = sizeof *six;
    }
    return address;
}

uint16_t port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    must(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    return ntohs(((struct sockaddr_in *)&address)->sin_port); /* at the same place in both */
}

static int new_socket(enum family family, enum through through)
{
    int domain = family == IPV4 ? AF_INET : AF_INET6, type = SOCK_STREAM | SOCK_CLOEXEC;
    int fd = through == LIBC  ? socket(domain, type, 0)
             : through == RAW ? (int)syscall(SYS_socket, domain, type, 0)
                              : uring_socket(domain, type);
    must(fd >= 0);
    return fd;
}

int listen_at(enum family family, uint16_t port)
{
    socklen_t size;
    struct sockaddr_storage address = address_at(family, port, &size);
    int listener = new_socket(family, LIBC);
    must(bind(listener, (struct sockaddr *)&address, size) == 0);
    must(listen(listener, SOMAXCONN) == 0);
    return listener;
}

/* The idle port and the next are ours (an IPv4 and a mapped listener cannot share one), the third is the
 * peer's. */
void listen_everywhere(uint16_t idle_port)
{
    for (enum family family = IPV4; family < FAMILIES; family++) {
        listeners[family][false] = listen_at(family, 0);
        listeners[family][true] = listen_at(family, (uint16_t)(idle_port + (family == MAPPED)));
        peer_ports[family][false] = peer_port(family, false);
        peer_ports[family][true] = peer_port(family, true);
    }
}

static bool idle(const struct play *play)
{
    return play->scenario->where == ON_IDLE_PORT;
}

static int connect_to(int fd, enum family family, uint16_t port, enum through through)
{
    socklen_t size;
    struct sockaddr_storage address = address_at(family, port, &size);
    return through == LIBC  ? connect(fd, (struct sockaddr *)&address, size)
           : through == RAW ? (int)syscall(SYS_connect, fd, &address, size)
                            : uring_connect(fd, &address, size);
}

/* As event loops do: connect(2) returns at once, and when it is done the error is asked for. */
static void connect_meanwhile(int fd, enum family family, uint16_t port)
{
    int flags = fcntl(fd, F_GETFL), error;
    socklen_t size = sizeof error;
    struct pollfd done = {.fd = fd, .events = POLLOUT};
    must(fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0);
    must(connect_to(fd, family, port, LIBC) == 0 || errno == EINPROGRESS);
    must(poll(&done, 1, AWAIT_MS) == 1);
    must(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0);
    must(fcntl(fd, F_SETFL, flags) == 0);
}

static void open_connected(struct play *play, enum through through)
{
    uint16_t port = peer_ports[play->family][idle(play)];
    play->fd = new_socket(play->family, through);
    if (through == LIBC && pick(2))
        connect_meanwhile(play->fd, play->family, port);
    else
        must(connect_to(play->fd, play->family, port, through) == 0);
    play->peer = peer_accept(play->family, idle(play));
}

static void take_from(struct play *play, int listener, enum through through)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (through == RAW)
        play->fd = (int)syscall(SYS_accept4, listener, NULL, NULL, SOCK_CLOEXEC);
    else if (through == RING)
        play->fd = uring_accept(listener);
    else if (pick(2))
        play->fd = accept(listener, (struct sockaddr *)&address, &size);
    else
        play->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    must(play->fd >= 0);
}

static void open_accepted(struct play *play, enum through through)
{
    int listener = listeners[play->family][idle(play)];
    play->peer = peer_connect(play->family, port_of(listener));
    take_from(play, listener, through);
}

static void open_any(struct play *play, enum through through)
{
    if (play->in)
        open_accepted(play, through);
    else
        open_connected(play, through);
    play->unread = 0;
    await_state(play, TCP_ESTABLISHED);
    note_open(play);
}

void open_hooked(struct play *play)
{
    open_any(play, LIBC);
}

void open_raw(struct play *play)
{
    open_any(play, RAW);
}

void open_uring(struct play *play)
{
    open_any(play, RING);
}

/* By sendto(2) with the address instead of a connect (TCP Fast Open). */
void open_by_sending(struct play *play)
{
    socklen_t size;
    struct sockaddr_storage address = address_at(play->family, peer_ports[play->family][false], &size);
    open_fresh(play);
    must(sendto(play->fd, "hello", 5, MSG_FASTOPEN | MSG_NOSIGNAL, (struct sockaddr *)&address, size) == 5);
    play->peer = peer_accept(play->family, false);
}

/* A connection that waits to be accepted, at a listener of its own. */
void open_queued(struct play *play)
{
    play->other = listen_at(play->family, 0);
    play->peer = peer_connect(play->family, port_of(play->other));
}

void accept_queued(struct play *play)
{
    take_from(play, play->other, LIBC);
    note_open(play);
    close_other(play);
}

/* Sockets that are no connections. */
void open_fresh(struct play *play)
{
    play->fd = new_socket(play->family, LIBC);
    note_open(play);
}

void open_bound(struct play *play)
{
    socklen_t size;
    struct sockaddr_storage address = address_at(play->family, 0, &size);
    open_fresh(play);
    must(bind(play->fd, (struct sockaddr *)&address, size) == 0);
}

void open_listener(struct play *play)
{
    play->fd = listen_at(play->family, 0);
    note_open(play);
}

/* Nobody listens at a port that is merely bound. */
void open_refused(struct play *play)
{
    struct play silent = *play;
    open_bound(&silent);
    note_replaced(&silent);
    open_fresh(play);
    must(connect_to(play->fd, play->family, port_of(silent.fd), LIBC) < 0 && errno == ECONNREFUSED);
    close(silent.fd);
}

void connect_again(struct play *play)
{
    must(connect_to(play->fd, play->family, peer_ports[play->family][false], LIBC) == 0);
    play->peer = peer_accept(play->family, false);
}

/* The connection goes, the socket stays (connect(2), AF_UNSPEC). */
void dissolve(struct play *play)
{
    must(connect(play->fd, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)) == 0);
}
