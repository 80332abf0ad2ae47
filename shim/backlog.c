#include "backlog.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "bare.h"
#include "hints.h"
#include "probe.h"
#include "raw.h"
#include "report.h"
#include "socket_calls.h"

enum {
    LISTENERS_MAX = 64,
    ANSWER_SIZE = 16384,
    CLOSE_WAIT_ONLY = 1 << STATE_CLOSE_WAIT,
    INFO_LAST_ACK_RECV = 56, /* offset of tcpi_last_ack_recv in struct tcp_info */
    ASKED_EVERY_MS = 1000,   /* a dump walks every bucket of the kernel's table */
};

struct listener {
    uint64_t cookie; /* 0: free */
    int number;
    bool waiting;       /* connections waited at the last look too */
    bool reported_full; /* in this spell of trouble, which ends when nothing was wrong for a grace */
    bool reported_gone;
    int64_t trouble_at;
    int64_t asked_at; /* when the kernel's list was last read for it */
};

static struct listener listeners[LISTENERS_MAX];
static const struct room *room;

/* One question to sock_diag, answered outside the program's table. */
struct question {
    uint16_t port;
    int64_t grace;
    uint8_t family;
    uint32_t gone;
};

void backlog_enter(const struct room *here)
{
    room = here;
    memset(listeners, 0, sizeof listeners);
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

static uint16_t port_of(const struct inet_diag_msg *found)
{
    const uint8_t *bytes = (const uint8_t *)&found->id.idiag_sport; /* network order */
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Counts, in one answer, connections to the port that no process owns (inode 0). False at the end of the
 * list. */
static bool count(const char *answer, long size, struct question *question)
{
    const struct nlmsghdr *message = (const struct nlmsghdr *)answer;
    for (; NLMSG_OK(message, (uint32_t)size); message = NLMSG_NEXT(message, size)) {
        if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
            return false;
        const struct inet_diag_msg *found = NLMSG_DATA(message);
        if (!found->idiag_inode && port_of(found) == question->port && fin_age(message) >= question->grace)
            question->gone++;
    }
    return true;
}

static void ask(void *argument, bool keeps)
{
    struct question *question = argument;
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 body;
    } request = {
        .header = {.nlmsg_len = sizeof request,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.sdiag_family = question->family,
                 .sdiag_protocol = IPPROTO_TCP,
                 .idiag_ext = 1 << (INET_DIAG_INFO - 1),
                 .idiag_states = CLOSE_WAIT_ONLY},
    };
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    char answer[ANSWER_SIZE] __attribute__((aligned(8)));
    (void)keeps; /* opened and closed here: it is asked for rarely */
    long handle = raw_socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (raw_failed(handle))
        return;
    if (!raw_failed(raw_sendto((int)handle, &request, sizeof request, 0, &kernel, sizeof kernel))) {
        long size;
        do
            size = raw_recvfrom((int)handle, answer, sizeof answer, MSG_DONTWAIT);
        while (size > 0 && count(answer, size, question));
    }
    raw1(SYS_close, handle);
}

static uint32_t gone_in_queue(struct listener *listener, const struct facts *facts, int64_t grace)
{
    struct question question = {.port = facts->local.port, .grace = grace, .family = AF_INET};
    if (!listener->waiting || facts->now - listener->asked_at < ASKED_EVERY_MS)
        return 0;
    listener->asked_at = facts->now;
    room->outside(ask, &question);
    question.family = AF_INET6;
    room->outside(ask, &question);
    return question.gone;
}

static void look(struct listener *listener, const struct policy *policy)
{
    struct facts facts;
    struct hint_copy hint;
    int handle = room->borrow(listener->number);
    bool same = handle >= 0 && probe(handle, &facts) && facts.cookie == listener->cookie;
    if (handle >= 0)
        room->give_back(handle);
    if (!same || facts.state != STATE_LISTEN) {
        listener->cookie = 0;
        return;
    }
    bool full = facts.accept_queue > facts.accept_limit; /* as sk_acceptq_is_full() has it */
    struct subject subject = {.direction = DIRECTION_IN, .cause = CAUSE_EOF_UNREAD, .local = facts.local};
    struct socket_policy chosen = policy_choose(policy, &subject);
    if (chosen.action == ACTION_IGNORE)
        return;
    uint32_t gone = facts.accept_queue ? gone_in_queue(listener, &facts, chosen.grace) : 0;
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
    for (int i = 0; i < LISTENERS_MAX; i++)
        if (listeners[i].cookie)
            look(&listeners[i], policy);
}
