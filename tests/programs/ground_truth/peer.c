/* The other half: a process without the library, which does to its ends of the connections what it is told.
 */
#include "ground_truth.h"

#include <netinet/tcp.h>
#include <spawn.h>
#include <sys/ioctl.h>

static const char body[] = "hello, here is the answer\n";

/* A TLS alert: close_notify in the clear, encrypted as 1.2 does it (a record of type 21), and as 1.3 does (of
 * type 23). */
static const char alert_1_2[31] = {21, 3, 3, 0, 26};
static const char alert_1_3[24] = {23, 3, 3, 0, 19};
static const char lookalike[24] = {23, 3, 3, 0, 18}; /* not one record, but one and a byte */

enum operation { ACCEPT, CONNECT, SEND, SEND_AND_SHUT, SHUT, CLOSE, RESET, PORT };

struct request {
    enum operation operation;
    int end; /* the peer's number for it */
    enum family family;
    bool idle;
    uint16_t port;
    size_t size;
    char bytes[64];
};

static int control = -1;

/* The answer to a request is a value, or -errno. */
static int ask(const struct request *request)
{
    int answer;
    must(syscall(SYS_sendto, control, request, sizeof *request, MSG_NOSIGNAL, NULL, 0) == sizeof *request);
    must(syscall(SYS_recvfrom, control, &answer, sizeof answer, 0, NULL, NULL) == sizeof answer);
    errno = answer < 0 ? -answer : 0;
    must(answer >= 0);
    return answer;
}

/* The same program again, by posix_spawn(3) so that the library sees no fork, and with an empty environment.
 */
void peer_start(const char *program, size_t sockets, uint16_t idle_port)
{
    int ends[2];
    char number[16], port[16], count[24];
    char *arguments[] = {"ground_truth", "--peer", number, port, count, NULL}, *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    pid_t process;
    must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    control = ends[0];
    int given = dup(ends[1]);
    snprintf(number, sizeof number, "%d", given);
    snprintf(port, sizeof port, "%u", idle_port);
    snprintf(count, sizeof count, "%zu", sockets);
    must(posix_spawn_file_actions_init(&actions) == 0);
    must(posix_spawn(&process, program, &actions, NULL, arguments, environment) == 0);
    posix_spawn_file_actions_destroy(&actions);
    syscall(SYS_close, given);
    syscall(SYS_close, ends[1]);
}

static int listeners[MAPPED][2]; /* by family, and whether it is the idle port's; IPV4 serves MAPPED too */

static int *listener_of(const struct request *request)
{
    return &listeners[request->family == IPV6 ? IPV6 : IPV4][request->idle];
}

static int do_connect(const struct request *request)
{
    socklen_t size;
    enum family family = request->family == MAPPED ? IPV4 : request->family;
    struct sockaddr_storage address = address_at(family, request->port, &size);
    int end = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return end < 0 || connect(end, (struct sockaddr *)&address, size) < 0 ? -errno : end;
}

static int do_send(const struct request *request, int flags)
{
    return send(request->end, request->bytes, request->size, flags | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* What has come is read first: a close over unread data would send a reset instead of a FIN. */
static int do_close(int end, bool reset)
{
    char buffer[4096];
    struct linger at_once = {.l_onoff = 1};
    while (recv(end, buffer, sizeof buffer, MSG_DONTWAIT) > 0)
        ;
    if (reset)
        must(setsockopt(end, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
    return close(end) < 0 ? -errno : 0;
}

static int carry_out(const struct request *request)
{
    switch (request->operation) {
    case ACCEPT:
        return accept4(*listener_of(request), NULL, NULL, SOCK_CLOEXEC);
    case CONNECT:
        return do_connect(request);
    case SEND:
        return do_send(request, 0);
    case SEND_AND_SHUT: /* MSG_MORE holds the data back, so the FIN joins its segment (tcp_send_fin) */
        must(do_send(request, MSG_MORE) == 0);
        return shutdown(request->end, SHUT_WR) < 0 ? -errno : 0;
    case SHUT:
        return shutdown(request->end, SHUT_WR) < 0 ? -errno : 0;
    case CLOSE:
    case RESET:
        return do_close(request->end, request->operation == RESET);
    case PORT:
        return port_of(*listener_of(request));
    }
    return -EINVAL;
}

/* Until the program is gone. */
void peer_serve(int given, uint16_t idle_port)
{
    struct request request;
    for (enum family family = IPV4; family < MAPPED; family++) {
        listeners[family][false] = listen_at(family, 0);
        listeners[family][true] = listen_at(family, idle_port);
    }
    while (recv(given, &request, sizeof request, 0) == sizeof request) {
        int answer = carry_out(&request);
        must(send(given, &answer, sizeof answer, MSG_NOSIGNAL) == sizeof answer);
    }
}

int peer_accept(enum family family, bool idle)
{
    return ask(&(struct request){.operation = ACCEPT, .family = family, .idle = idle});
}

int peer_connect(enum family family, uint16_t port)
{
    return ask(&(struct request){.operation = CONNECT, .family = family, .port = port});
}

uint16_t peer_port(enum family family, bool idle)
{
    return (uint16_t)ask(&(struct request){.operation = PORT, .family = family, .idle = idle});
}

static void await_data(struct play *play, size_t more)
{
    int there = 0;
    int64_t until = now_ms() + 2000;
    play->unread += more;
    while (play->fd >= 0 && (size_t)there != play->unread) {
        must(ioctl(play->fd, FIONREAD, &there) == 0);
        must(now_ms() < until);
    }
}

static void send_bytes(struct play *play, enum operation operation, const char *bytes, size_t size)
{
    struct request request = {.operation = operation, .end = play->peer, .size = size};
    memcpy(request.bytes, bytes, size);
    ask(&request);
    await_data(play, size);
}

/* The peer's FIN: where ours went before, both sides are done. */
static void await_fin(const struct play *play, bool shut_before)
{
    if (play->fd >= 0)
        await_state(play, shut_before ? TCP_CLOSE : TCP_CLOSE_WAIT);
}

static bool is_shut(const struct play *play)
{
    int state = play->fd >= 0 ? tcp_state(play->fd) : TCP_ESTABLISHED;
    return state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2;
}

void peer_sends(struct play *play)
{
    send_bytes(play, SEND, body, sizeof body - 1);
}

void peer_says_goodbye_1_2(struct play *play)
{
    send_bytes(play, SEND, alert_1_2, sizeof alert_1_2);
}

void peer_says_goodbye_1_3(struct play *play)
{
    send_bytes(play, SEND, alert_1_3, sizeof alert_1_3);
}

void peer_sends_a_lookalike(struct play *play)
{
    send_bytes(play, SEND, lookalike, sizeof lookalike);
}

void peer_sends_and_shuts(struct play *play)
{
    send_bytes(play, SEND_AND_SHUT, body, sizeof body - 1);
    await_fin(play, false);
}

void peer_shuts(struct play *play)
{
    bool shut_before = is_shut(play);
    ask(&(struct request){.operation = SHUT, .end = play->peer});
    await_fin(play, shut_before);
}

void peer_closes(struct play *play)
{
    bool shut_before = is_shut(play);
    ask(&(struct request){.operation = CLOSE, .end = play->peer});
    await_fin(play, shut_before);
}

void peer_resets(struct play *play)
{
    ask(&(struct request){.operation = RESET, .end = play->peer});
    if (play->fd >= 0)
        await_state(play, TCP_CLOSE);
}
