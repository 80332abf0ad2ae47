/*
 * What the kernel says about one TCP socket at one moment.
 * Filled by probe.c, read by verdict.c and report.c.
 */
#ifndef WAITCLOSE_FACTS_H
#define WAITCLOSE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "waitclose/address.h"
#include "waitclose/cause.h"

/* include/net/tcp_states.h; the numbers are the kernel's interface (tcpi_state). */
enum tcp_state {
    STATE_ESTABLISHED = 1,
    STATE_SYN_SENT,
    STATE_SYN_RECV,
    STATE_FIN_WAIT1,
    STATE_FIN_WAIT2,
    STATE_TIME_WAIT,
    STATE_CLOSE,
    STATE_CLOSE_WAIT,
    STATE_LAST_ACK,
    STATE_LISTEN,
    STATE_CLOSING,
};

/* "CLOSE_WAIT" and so on, as ss(8) has them; "?" for a number that is none. Callable from anywhere. */
const char *state_name(enum tcp_state state);

/* ms: two coarse clocks of 4 ms each stand between an age that the kernel tells and a moment that we noted.
 */
enum { CLOCK_SLACK = 10 };

struct facts {
    int64_t now;     /* ms, CLOCK_MONOTONIC, when the kernel had been asked for the ages */
    int64_t took;    /* ms that it took: what an age dates may be so much earlier */
    uint64_t cookie; /* SO_COOKIE: names the socket for good */
    uint64_t inode;  /* as /proc/PID/fd shows it */
    enum tcp_state state;
    bool established;   /* a connection there is, or was: a fresh or refused socket is in CLOSE too */
    bool fin_received;  /* the peer's FIN has come, by state; not known for CLOSE */
    int control_acked;  /* acknowledged bytes that were no data: our SYN, our FIN; -1: not known */
    bool error_pending; /* POLLERR: an error that the program has not been told */
    bool fin_unread;    /* something lies in the receive queue, be it only the FIN */
    bool tls_close_notify;
    enum direction direction; /* from the byte counters; DIRECTION_UNKNOWN where they cannot tell */
    int64_t sent_age; /* ms since data was sent last; since the connection began when there was none */
    int64_t data_age; /* ms since data came last; likewise */
    int64_t ack_age;  /* ms since the last segment with an ACK came, a FIN or keepalive answer included */
    uint32_t recv_q;  /* unread bytes, without the FIN */
    uint32_t send_q;  /* bytes not acknowledged; 0 in CLOSE, where the kernel's answer means nothing */
    uint32_t accept_queue; /* LISTEN: connections that wait for accept() */
    uint32_t accept_limit; /* LISTEN: how many may */
    uint64_t rx, tx; /* bytes of data received, in CLOSE with the FIN if one came; sent and acknowledged */
    struct address local;
    struct address peer; /* ADDRESS_NONE in CLOSE: the kernel has forgotten it */
};

#endif
