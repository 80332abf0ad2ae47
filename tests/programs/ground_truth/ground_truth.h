/*
 * Ground truth: a program that opens thousands of sockets whose fate is known, because it is
 * scripted here, and writes down what the library must say of each, and what it must not.
 *
 * Two processes: the program, under the library, and its peer, without. A scenario is a
 * list of steps; a play is one socket going through one. The plays are interleaved at random.
 */
#ifndef GROUND_TRUTH_H
#define GROUND_TRUTH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    MACHINE_TOO_SLOW = 75, /* exit status: a step came so late that the truth is not certain; try again */
    LATENESS_MS = 250,     /* from which a step is late */
    SENDING_MS = 100,      /* between two bytes of those that still send */
    STAY_MS = 500, /* what the watcher is given, beyond the policy's patience, to say what it should not */
    PATIENCE_MS = 15000, /* and to say what it should */
    ROUND_MS = 1500,     /* after this, and so many looks, it has met a socket that passed no hook */
    ROUND_LOOKS = 30,
    HELD_UP_MS = 700, /* a report that comes so late tells that the watcher could not look as it should */
    QUEUE_MS = 60,    /* how long a connection waits to be accepted, by design */
    STEPS_MAX = 12,
};

#define must(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            broken(#condition, __FILE__, __LINE__);                                                          \
    } while (0)

_Noreturn void broken(const char *condition, const char *file, int line);
_Noreturn void too_slow(const char *what);

enum family { IPV4, IPV6, MAPPED, FAMILIES }; /* MAPPED: an IPv4 address in an IPv6 socket */

/* How a socket is born: by libc's calls, by bare system calls, by io_uring. */
enum through { LIBC, RAW, RING };

enum expected {
    INNOCENT, /* never reported */
    LEAK,     /* reported once, and open to the end */
    HEALED,   /* reported once, then closed, and reported as healed */
};

/* What the library must say of one socket. */
struct truth {
    uint64_t cookie;
    pid_t process;
    enum expected expected;
    bool in;
    const char *cause, *flags, *label;
    bool reported;
    int64_t due; /* ms: from when a watcher that is not held up reports it; 0: not noted */
};

struct play;
typedef void step(struct play *play);

/* Which plays a scenario is for. */
enum where { ANYWHERE, ONLY_OUT, ONLY_IN, ON_IDLE_PORT };

struct scenario {
    const char *name;
    enum expected expected;
    const char *cause, *flags; /* of the socket that the play ends with */
    unsigned share;            /* how many in a thousand or so */
    enum where where;
    step *steps[STEPS_MAX];
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

struct play {
    const struct scenario *scenario;
    enum family family;
    bool in;       /* accepted; otherwise connected */
    int fd;        /* the socket; -1: closed, or not open yet */
    int other;     /* a second number of the same socket, or its listener; -1: none */
    int peer;      /* the peer's end, by the peer's number for it */
    size_t unread; /* bytes that have come and were not read */
    FILE *stream;
    struct truth *truth; /* of the socket under `fd` */
    size_t step;
    int64_t due;         /* ms: when the next step is to be taken */
    long looks;          /* but not before the watcher has looked so often */
    bool until_reported; /* nor before this socket is reported */
};

extern int64_t grace, unread_grace; /* the policy's, in ms */

int64_t now_ms(void);
unsigned pick(unsigned count); /* a random number below */

/* main.c: writes down that this play's socket is open; what the scenario expects holds for it unless it is
 * replaced. */
void note_open(struct play *play);
void note_child(const struct play *play, pid_t child); /* the same is expected in this child */
void note_replaced(struct play *play);                 /* innocent after all: another takes its place */
void note_report(pid_t process, uint64_t cookie);      /* the library has reported it */
step keep_sending;                                     /* from now on, a byte now and then */
step expect_promptly;                                  /* the end has just come: a grace from now it is due */

/* sockets.c: births, and what the kernel says. */
void listen_everywhere(uint16_t idle_port);
int listen_at(enum family family, uint16_t port);
struct sockaddr_storage address_at(enum family family, uint16_t port, socklen_t *size);
uint16_t port_of(int fd);
uint64_t cookie_of(int fd);
int tcp_state(int fd);
void await_state(const struct play *play, int state);
step open_hooked, open_raw, open_uring, open_by_sending, open_queued, accept_queued;
step open_fresh, open_bound, open_listener, open_refused, connect_again, dissolve;

/* numbers.c */
step close_hooked, close_raw, close_stream, close_other, close_in_vfork_child;
step reuse_hooked, reuse_raw, reuse_raw_turned, reuse_reported, reuse_by_dup2;
step duplicate, use_other, pass_over;

/* children.c */
step fork_sender, fork_holder, hand_over;
void end_children(void);

/* reads.c: what the program does with an open socket. */
step take, take_part, take_with_fin, take_nothing, take_end, take_end_by_splice, take_error,
    take_error_by_option;
step raw_take, raw_take_end, raw_take_error, stream_take, stream_take_end;
step answer, answer_unless_ended, answer_twice_in_vain, fill_up, keep_alive;
step shut_write, shut_read, shut_both, raw_shut_write, await_close;
step wait_within_grace, wait_beyond_grace, wait_for_report, wait_in_queue, wait_for_round;

/* uring.c */
int uring_socket(int domain, int type);
int uring_connect(int fd, const struct sockaddr_storage *address, socklen_t size);
int uring_accept(int listener);
step uring_take, uring_take_end, close_uring;

/* peer.c: the other half. */
void peer_start(const char *program, size_t sockets, uint16_t idle_port);
void peer_serve(int control, uint16_t idle_port);
int peer_accept(enum family family, bool idle);
int peer_connect(enum family family, uint16_t port);
uint16_t peer_port(enum family family, bool idle);
step peer_sends, peer_shuts, peer_closes, peer_sends_and_shuts, peer_resets;
step peer_says_goodbye_1_2, peer_says_goodbye_1_3, peer_sends_a_lookalike;

/* witness.c: what the program sees of the library. */
void witness_log(const char *path);
void witness_reports(void);
long witness_looks(void);

#endif
