#include "probe.h"

#include <fcntl.h>
#include <linux/sock_diag.h>
#include <linux/stat.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "address.h"
#include "bare.h"
#include "raw.h"
#include "socket_calls.h"

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif
#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

enum {
    TCP_INFO_OPTION = 11,
    /*
     * A TLS record: 5 bytes of header; the longest close_notify seen is 1.2 with a MAC and a block
     * of padding.
     */
    TLS_HEADER = 5,
    TLS_ALERT = 21,
    TLS_APPLICATION_DATA = 23,
    TLS_1_3_ALERT_LENGTH = 19,
    TLS_CLOSE_NOTIFY_MAX = 85,
};

/*
 * struct tcp_info as the kernel lays it out (include/uapi/linux/tcp.h); libc's
 * own copy ends early. A kernel older than a field leaves it 0.
 */
struct kernel_tcp_info {
    uint8_t state, ca_state, retransmits, probes, backoff, options, window_scale, flags;
    uint32_t rto, ato, snd_mss, rcv_mss;
    uint32_t unacked, sacked, lost, retrans, fackets;
    uint32_t last_data_sent, last_ack_sent, last_data_recv, last_ack_recv;
    uint32_t pmtu, rcv_ssthresh, rtt, rttvar, snd_ssthresh, snd_cwnd, advmss, reordering;
    uint32_t rcv_rtt, rcv_space, total_retrans;
    uint64_t pacing_rate, max_pacing_rate, bytes_acked, bytes_received;
    uint32_t segs_out, segs_in, notsent_bytes, min_rtt, data_segs_in, data_segs_out;
    uint64_t delivery_rate, busy_time, rwnd_limited, sndbuf_limited;
    uint32_t delivered, delivered_ce;
    uint64_t bytes_sent, bytes_retrans; /* 4.19 */
} __attribute__((packed));

uint64_t probe_cookie(int handle)
{
    uint64_t cookie = 0;
    int size = sizeof cookie;
    if (raw_getsockopt(handle, SOL_SOCKET, SO_COOKIE, &cookie, &size) < 0)
        return 0;
    return cookie;
}

static int socket_option(int handle, int option)
{
    int value = 0;
    int size = sizeof value;
    return raw_getsockopt(handle, SOL_SOCKET, option, &value, &size) < 0 ? -1 : value;
}

/* A raw socket may have this protocol too. */
bool probe_is_tcp(int handle)
{
    if (socket_option(handle, SO_PROTOCOL) != IPPROTO_TCP || socket_option(handle, SO_TYPE) != SOCK_STREAM)
        return false;
    int domain = socket_option(handle, SO_DOMAIN);
    return domain == AF_INET || domain == AF_INET6;
}

static struct address socket_address(int handle, long (*ask)(int, void *, int *))
{
    struct sockaddr_storage storage;
    int size = sizeof storage;
    if (ask(handle, &storage, &size) < 0)
        return (struct address){.family = ADDRESS_NONE};
    return address_from(&storage, (socklen_t)size);
}

static uint32_t queue(int handle, long request)
{
    int bytes = 0;
    if (raw3(SYS_ioctl, handle, request, (long)&bytes) < 0 || bytes < 0)
        return 0;
    return (uint32_t)bytes;
}

static unsigned poll_now(int handle)
{
    struct pollfd ask = {.fd = handle, .events = POLLIN | POLLRDHUP};
    struct raw_time at_once = {0, 0};
    if (raw5(SYS_ppoll, (long)&ask, 1, (long)&at_once, 0, 0) < 0)
        return 0;
    return (unsigned short)ask.revents;
}

/* Bytes charged to the receive queue; a FIN alone counts, until it has been read (sock_rfree). */
static bool receive_queue_charged(int handle)
{
    uint32_t memory[SK_MEMINFO_VARS] = {0};
    int size = sizeof memory;
    if (raw_getsockopt(handle, SOL_SOCKET, SO_MEMINFO, memory, &size) < 0)
        return false;
    return memory[SK_MEMINFO_RMEM_ALLOC] > 0;
}

/*
 * Whether all that is unread is one TLS alert: the peer's goodbye. TLS 1.3 hides
 * it in a record of application data, of which the length gives it away.
 */
static bool lone_close_notify(int handle, uint32_t unread)
{
    uint8_t record[TLS_CLOSE_NOTIFY_MAX];
    if (unread <= TLS_HEADER || unread > sizeof record)
        return false;
    if (socket_option(handle, SO_PEEK_OFF) >=
        0) /* our peek would move it (TCP has it since 6.9); off is -1 */
        return false;
    long got = raw_recvfrom(handle, record, sizeof record, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 || (uint32_t)got != unread || record[1] != 3)
        return false;
    unsigned length = (unsigned)record[3] << 8 | record[4];
    if (length + TLS_HEADER != unread)
        return false;
    return record[0] == TLS_ALERT || (record[0] == TLS_APPLICATION_DATA && length == TLS_1_3_ALERT_LENGTH);
}

/*
 * A SYN counts as an acknowledged byte, and only on the side that connected: so
 * before a FIN of ours, with nothing in flight, bytes_acked - bytes_sent tells
 * who connected.
 */
static void read_counters(struct facts *facts, const struct kernel_tcp_info *info)
{
    uint64_t sent = info->bytes_sent - info->bytes_retrans;
    bool sent_counted = info->bytes_sent || !info->data_segs_out; /* before 4.19 it is not */
    bool before_our_fin = facts->state == STATE_ESTABLISHED || facts->state == STATE_CLOSE_WAIT;
    facts->control_acked = sent_counted ? (int)(info->bytes_acked - sent) : -1;
    if (before_our_fin && !facts->send_q && facts->control_acked >= 0)
        facts->direction = facts->control_acked ? DIRECTION_OUT : DIRECTION_IN;
    /*
     * In CLOSE what was sent may not have been acknowledged, so only where nothing was; and 1 is a
     * SYN or a FIN.
     */
    if (facts->state == STATE_CLOSE && facts->established && !sent)
        facts->direction = facts->control_acked == 0   ? DIRECTION_IN
                           : facts->control_acked == 2 ? DIRECTION_OUT
                                                       : DIRECTION_UNKNOWN;
    facts->fin_received =
        facts->state == STATE_CLOSE_WAIT || facts->state == STATE_LAST_ACK || facts->state == STATE_CLOSING;
    facts->rx = info->bytes_received - (facts->fin_received && info->bytes_received ? 1 : 0);
    facts->tx = sent_counted ? sent : info->bytes_acked;
}

static void read_info(struct facts *facts, const struct kernel_tcp_info *info)
{
    facts->state = info->state;
    facts->established = info->rtt || info->bytes_acked || info->bytes_received;
    facts->sent_age = info->last_data_sent;
    facts->data_age = info->last_data_recv;
    facts->ack_age = info->last_ack_recv;
    if (facts->state == STATE_LISTEN) { /* tcp_get_info(): the two fields serve double */
        facts->accept_queue = info->unacked;
        facts->accept_limit = info->sacked;
    }
}

void probe_info(struct facts *facts, const void *bytes, size_t size)
{
    struct kernel_tcp_info info = {0};
    memcpy(&info, bytes, size < sizeof info ? size : sizeof info);
    read_info(facts, &info);
    if (facts->state != STATE_LISTEN)
        read_counters(facts, &info);
}

static uint64_t inode_of(int handle)
{
    struct statx status;
    if (raw5(SYS_statx, handle, (long)"", AT_EMPTY_PATH, STATX_INO, (long)&status) < 0)
        return 0;
    return status.stx_ino;
}

static bool ask_life(int handle, struct facts *facts, struct kernel_tcp_info *info)
{
    int size = sizeof *info;
    int64_t before = bare_now();
    memset(facts, 0, sizeof *facts);
    memset(info, 0, sizeof *info);
    facts->cookie = probe_cookie(handle);
    if (!facts->cookie || raw_getsockopt(handle, IPPROTO_TCP, TCP_INFO_OPTION, info, &size) < 0)
        return false;
    facts->now = bare_now(); /* after the ages: a pause in between makes things seem younger, never older */
    facts->took = facts->now - before;
    read_info(facts, info);
    if (facts->state != STATE_CLOSE && facts->state != STATE_LISTEN)
        facts->send_q = queue(handle, OUTPUT_QUEUE_REQUEST);
    return true;
}

bool probe_life(int handle, struct facts *facts)
{
    struct kernel_tcp_info info;
    return ask_life(handle, facts, &info);
}

bool probe(int handle, struct facts *facts)
{
    struct kernel_tcp_info info;
    if (!ask_life(handle, facts, &info))
        return false;
    facts->local = socket_address(handle, raw_getsockname);
    if (facts->state == STATE_LISTEN)
        return probe_cookie(handle) == facts->cookie;
    facts->recv_q = queue(handle, INPUT_QUEUE_REQUEST);
    read_counters(facts, &info);
    facts->fin_unread = receive_queue_charged(handle);
    facts->error_pending = poll_now(handle) & POLLERR;
    facts->tls_close_notify = lone_close_notify(handle, facts->recv_q);
    facts->peer = socket_address(handle, raw_getpeername);
    facts->inode = inode_of(handle);
    /* The program may have read meanwhile: then one half of this is from before. */
    return queue(handle, INPUT_QUEUE_REQUEST) == facts->recv_q &&
           receive_queue_charged(handle) == facts->fin_unread && probe_cookie(handle) == facts->cookie;
}
