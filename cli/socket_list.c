#include "socket_list.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

#include "address.h"
#include "array.h"
#include "bare.h"
#include "diag.h"
#include "message.h"
#include "probe.h"
#include "waitclose.h"

enum {
    ANSWER_SIZE = 64 * 1024,            /* the kernel fills at most 32 KiB at once */
    ALL_STATES = (1 << TCP_STATES) - 1, /* not 13, which is for sockets that are bound and no more */
};

static struct address address_of(uint8_t family, const __be32 *bytes, __be16 port)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = port};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = port};
    if (family == AF_INET) {
        memcpy(&in.sin_addr, bytes, sizeof in.sin_addr);
        return address_from(&in, sizeof in);
    }
    memcpy(&in6.sin6_addr, bytes, sizeof in6.sin6_addr);
    return address_from(&in6, sizeof in6);
}

/* Two numbers that the kernel uses double (tcp_diag_get_info); it counts an unread FIN as a byte. */
static void read_queues(struct facts *facts, const struct inet_diag_msg *socket)
{
    if (facts->state == STATE_LISTEN) {
        facts->accept_queue = socket->idiag_rqueue;
        facts->accept_limit = socket->idiag_wqueue;
        return;
    }
    facts->fin_unread = facts->state == STATE_CLOSE_WAIT && socket->idiag_rqueue > 0;
    facts->recv_q = socket->idiag_rqueue - facts->fin_unread;
    facts->send_q = socket->idiag_wqueue;
}

static struct facts facts_of(const struct nlmsghdr *message, int64_t now)
{
    const struct inet_diag_msg *socket = NLMSG_DATA(message);
    const struct inet_diag_sockid *id = &socket->id;
    struct facts facts = {
        .now = now,
        .cookie = (uint64_t)id->idiag_cookie[1] << 32 | id->idiag_cookie[0],
        .inode = socket->idiag_inode,
        .state = socket->idiag_state,
        .local = address_of(socket->idiag_family, id->idiag_src, id->idiag_sport),
        .peer = address_of(socket->idiag_family, id->idiag_dst, id->idiag_dport),
    };
    const struct rtattr *attribute = (const struct rtattr *)(socket + 1);
    size_t left = NLMSG_PAYLOAD(message, sizeof *socket);

    read_queues(&facts, socket);
    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
        if (attribute->rta_type == INET_DIAG_INFO)
            probe_info(&facts, RTA_DATA(attribute), RTA_PAYLOAD(attribute));
    facts.state = socket->idiag_state; /* the queues were read with it; TCP_INFO may be of a moment later */
    return facts;
}

static void add(struct socket_list *list, const struct nlmsghdr *message, int64_t now)
{
    const struct inet_diag_msg *socket = NLMSG_DATA(message);

    if (socket->idiag_state >= TCP_STATES)
        return;
    list->by_state[socket->idiag_state]++;
    if (!socket->idiag_inode && socket->idiag_state != STATE_CLOSE_WAIT)
        return;
    list->sockets = array_grow(list->sockets, list->count, &list->room, sizeof *list->sockets);
    list->sockets[list->count++] = (struct listed){.facts = facts_of(message, now), .uid = socket->idiag_uid};
}

static bool ask(int handle, uint8_t family)
{
    struct diag_request request = diag_dump(family, ALL_STATES);
    return send(handle, &request, sizeof request, 0) == sizeof request;
}

/* Returns 1 while more is to come, 0 at the end, -1 with errno set on trouble. */
static int take(struct socket_list *list, const struct nlmsghdr *message, size_t size)
{
    int64_t now = bare_now(); /* after the ages were: a pause in between makes things seem younger */

    for (; NLMSG_OK(message, size); message = NLMSG_NEXT(message, size)) {
        if (message->nlmsg_type == NLMSG_DONE)
            return 0;
        if (message->nlmsg_type == NLMSG_ERROR) {
            errno = -((const struct nlmsgerr *)NLMSG_DATA(message))->error;
            return -1;
        }
        add(list, message, now);
    }
    return 1;
}

static bool read_family(struct socket_list *list, int handle, uint8_t family)
{
    static char answer[ANSWER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
    int more = ask(handle, family) ? 1 : -1;

    while (more > 0) {
        ssize_t size = recv(handle, answer, sizeof answer, 0);
        if (size < 0 && errno == EINTR)
            continue;
        more = size < 0 ? -1 : take(list, (const struct nlmsghdr *)answer, (size_t)size);
    }
    return more == 0;
}

static int by_inode(const void *one, const void *other)
{
    uint64_t a = ((const struct listed *)one)->facts.inode, b = ((const struct listed *)other)->facts.inode;
    return (a > b) - (a < b);
}

int socket_list_read(struct socket_list *list)
{
    int handle = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    *list = (struct socket_list){0};
    bool read = handle >= 0 && read_family(list, handle, AF_INET) && read_family(list, handle, AF_INET6);
    int error = errno;
    if (handle >= 0)
        close(handle);
    if (!read)
        return complain(EXIT_WAITCLOSE, "cannot list the sockets: %s", strerror(error));
    if (list->count)
        qsort(list->sockets, list->count, sizeof *list->sockets, by_inode);
    return 0;
}

struct listed *socket_list_find(const struct socket_list *list, uint64_t inode)
{
    struct listed key = {.facts.inode = inode};
    return list->count ? bsearch(&key, list->sockets, list->count, sizeof key, by_inode) : NULL;
}

void socket_list_end(struct socket_list *list)
{
    free(list->sockets);
    *list = (struct socket_list){0};
}
