/*
 * The rules. Pure: no call into the kernel, no clock, no memory of its own; each
 * rule is tested by table in tests/unit/verdict_test.c.
 */
#ifndef WAITCLOSE_VERDICT_H
#define WAITCLOSE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "facts.h"
#include "waitclose/policy.h"

/* What hooks have noted about the socket; all false and unknown when none saw it. */
struct told {
    bool reads_seen; /* a hook has seen the program read */
    bool eof;        /* a read returned 0 */
    int64_t eof_at;  /* ms, CLOCK_MONOTONIC: when it did last */
    bool error;      /* a call failed for good */
    bool shut;       /* it shut its sending side down */
    enum direction direction;
    int64_t born; /* ms, CLOCK_MONOTONIC; 0: not known */
};

/* What the watcher remembers of the socket from earlier looks. */
struct past {
    int64_t ended_at;    /* ms: when the peer's end came (FIN or reset); 0: it has not been seen */
    struct address peer; /* from when it was connected */
};

enum verdict_kind {
    VERDICT_ALIVE,      /* nothing to do until the kernel has news */
    VERDICT_LOOK_AGAIN, /* at `at` */
    VERDICT_LEAK,
};

struct verdict {
    enum verdict_kind kind;
    enum cause cause; /* the one it is, or would be once it is a leak */
    int64_t at;
    bool dead_on_accept;
    enum direction direction;
    enum action action; /* what the policy wants done to a leak, where its own state allows it */
    int64_t release;    /* as struct socket_policy has it */
    bool beat;          /* VERDICT_LOOK_AGAIN: it has been quiet for so long that a heartbeat is due */
    struct heartbeat heartbeat;
};

/* What is to be done to a leak. */
enum remedy {
    REMEDY_NONE,
    REMEDY_FIN,
    REMEDY_RESET,
    REMEDY_CLOSE,
    REMEDY_DROP, /* another process holds the socket too: only this program's reference goes */
};

/*
 * When the peer's end came, to be kept from the first look that sees it: the age
 * of the last ACK is the FIN's until a later segment moves it. A reset carries no
 * mark of its time: then `now`; or, where there is no other look, the last ACK.
 * 0 when the peer has not ended the connection.
 */
int64_t verdict_ended_at(const struct facts *facts, const struct told *told, bool only_look);

/* Which cause the socket's state amounts to, however young; CAUSE_NONE when the connection is alive. */
enum cause verdict_cause(const struct facts *facts, const struct told *told);

struct verdict verdict(const struct facts *facts, const struct told *told, const struct past *past,
                       const struct policy *policy);

/* shared: another process holds the socket too. */
enum remedy verdict_remedy(const struct verdict *verdict, bool shared);

#endif
