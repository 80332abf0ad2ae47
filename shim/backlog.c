#include "backlog.h"

#include <errno.h>

#include "address.h"
#include "bare.h"
#include "diag.h"
#include "hints.h"
#include "probe.h"
#include "raw.h"
#include "report.h"
#include "socket_calls.h"

enum {
    LISTENERS_MAX = 256,
    LOOKED_AT_ONCE = 64,
    ANSWER_SIZE = 16384,
    INFO_LAST_ACK_RECV = 56, /* offset of tcpi_last_ack_recv in struct tcp_info */
    ASKED_EVERY_MS = 1000,   /* a dump walks every bucket of the kernel's table */
};

struct listener {
    uint64_t cookie; /* 0: free */
    int number;
    struct address local;
    int64_t grace;
    uint32_t gone;      /* dead connections in its queue, when the kernel's list was last read */
    bool waiting;       /* connections waited at the last look too */
    bool reported_full; /* in this spell of trouble, which ends when nothing was wrong for a grace */
    bool reported_gone;
    int64_t trouble_at;
};

static struct listener listeners[LISTENERS_MAX];
static const struct room *room;
static int next_listener;
static int64_t asked_at; /* when the kernel's list was last read */

void backlog_enter(const struct room *here)
{
    room = here;
    memset(listeners, 0, sizeof listeners);
    next_listener = 0;
    asked_at = 0;
}

void backlog_add(int number, uint64_t cookie)
{
    struct listener *free_one = NULL;
    for (int i = 0; i < LISTENERS_MAX; i++) {
        if (listeners[i].cookie == cookie)
            return;
        if (!listeners[i].cookie)
            free_one = &listeners[i];
    }
    if (free_one)
        *free_one = (struct listener){.cookie = cookie, .number = number};
}

/* The age of the last ACK of a listed connection: the FIN's, for nobody has touched it since. */
static int64_t fin_age(const struct nlmsghdr *message)
{
    const char *at = (const char *)NLMSG_DATA(message) + NLMSG_ALIGN(sizeof(struct inet_diag_msg));
    const char *end = (const char *)message + message->nlmsg_len;
    while (at + sizeof(struct nlattr) <= end) {
        const struct nlattr *attribute = (const struct nlattr *)at;
        if (attribute->nla_len < sizeof *attribute)
            break;
        uint32_t age;
        if (attribute->nla_type == INET_DIAG_INFO &&
            attribute->nla_len >= sizeof *attribute + INFO_LAST_ACK_RECV + sizeof age) {
            memcpy(&age, at + sizeof *attribute + INFO_LAST_ACK_RECV, sizeof age);
            return age;
        }
        at += NLA_ALIGN(attribute->nla_len);
    }
    return 0;
}

/* The local address of a listed connection, in the shape of all others. */
static struct address local_of(const struct inet_diag_msg *found)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = found->id.idiag_sport};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = found->id.idiag_sport};
    if (found->idiag_family == AF_INET) {
        memcpy(&in.sin_addr, found->id.idiag_src, sizeof in.sin_addr);
        return address_from(&in, sizeof in);
    }
    memcpy(&in6.sin6_addr, found->id.idiag_src, sizeof in6.sin6_addr);
    return address_from(&in6, sizeof in6);
}

static bool wildcard(const struct address *address)
{
    static const uint8_t zeros[sizeof address->bytes];
    return memcmp(address->bytes, zeros, sizeof zeros) == 0;
}

/*
 * Whether a connection to this address waits in this listener's queue: its own address goes before
 * a wildcard's.
 */
static bool listens_at(const struct listener *listener, const struct address *at)
{
    if (!listener->waiting || listener->local.port != at->port)
        return false;
    return wildcard(&listener->local) || (listener->local.family == at->family &&
                                          memcmp(listener->local.bytes, at->bytes, sizeof at->bytes) == 0);
}

static void count_one(const struct nlmsghdr *message)
{
    const struct inet_diag_msg *found = NLMSG_DATA(message);
    struct address at = local_of(found);
    int64_t age = fin_age(message);
    struct listener *owner = NULL;
    for (int i = 0; i < LISTENERS_MAX && !found->idiag_inode; i++)
        if (listeners[i].cookie && listens_at(&listeners[i], &at) && (!owner || wildcard(&owner->local)))
            owner = &listeners[i];
    if (owner && age >= owner->grace)
        owner->gone++;
}

/* Counts, in one answer, connections that no process owns (inode 0). False at the end of the list. */
static bool count(const char *answer, long size)
{
    const struct nlmsghdr *message = (const struct nlmsghdr *)answer;
    for (; NLMSG_OK(message, (uint32_t)size); message = NLMSG_NEXT(message, size)) {
        if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
            return false;
        count_one(message);
    }
    return true;
}

static void ask(long handle, uint8_t family)
{
    struct diag_request request = diag_dump(family, 1 << STATE_CLOSE_WAIT);
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    char answer[ANSWER_SIZE] __attribute__((aligned(8)));
    if (raw_failed(raw_sendto((int)handle, &request, sizeof request, 0, &kernel, sizeof kernel)))
        return;
    long size;
    do
        size = raw_recvfrom((int)handle, answer, sizeof answer, MSG_DONTWAIT);
    while (size > 0 && count(answer, size));
}

/* Opened and closed here: it is asked for rarely. */
static void ask_the_kernel(void *unused, bool keeps)
{
    (void)unused;
    (void)keeps;
    long handle = raw_socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (raw_failed(handle))
        return;
    ask(handle, AF_INET);
    ask(handle, AF_INET6);
    raw1(SYS_close, handle);
}

/* One list for all listeners, and not often: it makes the kernel walk every bucket of its table. */
static void count_the_gone(void)
{
    int64_t now = bare_now();
    bool any = false;
    for (int i = 0; i < LISTENERS_MAX; i++)
        any |= listeners[i].cookie && listeners[i].waiting;
    if (!any || now - asked_at < ASKED_EVERY_MS)
        return;
    asked_at = now;
    for (int i = 0; i < LISTENERS_MAX; i++)
        listeners[i].gone = 0;
    room->outside(ask_the_kernel, NULL);
}

static void look(struct listener *listener, const struct policy *policy)
{
    struct facts facts;
    struct hint_copy hint;
    int handle = room->borrow(listener->number);
    if (handle < 0 && handle != -EBADF)
        return; /* no telling */
    bool same = handle >= 0 && probe(handle, &facts) && facts.cookie == listener->cookie;
    if (handle >= 0)
        room->give_back(handle);
    if (!same || facts.state != STATE_LISTEN) {
        listener->cookie = 0;
        return;
    }
    listener->local = facts.local;
    bool full = facts.accept_queue > facts.accept_limit; /* as sk_acceptq_is_full() has it */
    struct subject subject = {.direction = DIRECTION_IN, .cause = CAUSE_EOF_UNREAD, .local = facts.local};
    struct socket_policy chosen = policy_choose(policy, &subject);
    if (chosen.action == ACTION_IGNORE)
        return;
    listener->grace = chosen.grace;
    uint32_t gone = facts.accept_queue < listener->gone ? facts.accept_queue : listener->gone;
    listener->waiting = facts.accept_queue > 0;
    if (full || gone || (listener->waiting && listener->reported_gone))
        listener->trouble_at = facts.now;
    else if (facts.now - listener->trouble_at >= chosen.grace)
        listener->reported_full = listener->reported_gone = false;
    if ((!full || listener->reported_full) && (!gone || listener->reported_gone))
        return;
    hints_copy(listener->number, &hint);
    if (report_backlog(listener->number, &facts, hint.site, gone) == REPORT_DONE) {
        listener->reported_full |= full;
        listener->reported_gone |= gone > 0;
    }
}

void backlog_look(const struct policy *policy)
{
    count_the_gone();
    for (int looked = 0; looked < LOOKED_AT_ONCE; looked++) {
        struct listener *listener = &listeners[next_listener];
        next_listener = (next_listener + 1) % LISTENERS_MAX;
        if (listener->cookie)
            look(listener, policy);
    }
}
