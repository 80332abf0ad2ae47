/*
 * The policy: what the operator wants done, read from WAITCLOSE, -o and files.
 *
 * The library and the command share this header and its implementation
 * (shim/policy_*.c). Parsing uses libc and belongs to the constructor and to
 * the command; choosing (policy_choose) uses nothing at all and is what the
 * watcher calls.
 */
#ifndef WAITCLOSE_POLICY_H
#define WAITCLOSE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "waitclose/address.h"
#include "waitclose/cause.h"

/* Durations are milliseconds. DURATION_OFF stands for the value "off". */
#define DURATION_OFF INT64_MAX

/* Besides a duration, or DURATION_OFF for "never", what `release` may be: as soon as numbers run out. */
#define RELEASE_EMFILE (-1)

/* What may be done to a leak, the mildest first: from ACTION_FIN on it ends the connection. */
enum action { ACTION_IGNORE, ACTION_REPORT, ACTION_FIN, ACTION_RESET, ACTION_CLOSE };
enum log_target { LOG_STDERR, LOG_NONE, LOG_SYSLOG, LOG_JOURNAL, LOG_FILE };
enum log_format { FORMAT_TEXT, FORMAT_JSON };
enum limit_signal { LIMIT_ONLY_SAYS, LIMIT_TERMINATES, LIMIT_ABORTS };
enum summary { SUMMARY_OFF, SUMMARY_ON, SUMMARY_LEAKS };

enum {
    POLICY_RULES_MAX = 128,      /* sections; one more is a mistake that says so */
    POLICY_TEXT_MAX = 64 * 1024, /* bytes of one source (WAITCLOSE, one file) */
    POLICY_DEPTH_MAX = 8,        /* @FILE within @FILE */
    POLICY_PATH_MAX = 4096,
    POLICY_GLOB_MAX = 256,
    POLICY_STACK_MAX = 32,
    POLICY_LIMIT_MAX = 1 << 20,
    POLICY_HEARTBEAT_MAX = 256, /* bytes */
};

/* Settings for the whole process. */
struct process_policy {
    enum log_target log;
    enum log_format format;
    int64_t interval; /* ms, at least 1 */
    bool watch;
    unsigned stack;    /* frames, 0 to POLICY_STACK_MAX */
    unsigned exitcode; /* 1 to 255; 0: none */
    unsigned limit;    /* leaks at once, 1 to POLICY_LIMIT_MAX; 0: none */
    enum limit_signal limit_signal;
    enum summary summary;
    char log_path[POLICY_PATH_MAX]; /* LOG_FILE: as written, %p and %e not yet filled in */
};

/* What an option is where the policy says nothing of it. */
#define UNTOUCHED (-1)

enum option_switch { SWITCH_UNTOUCHED, SWITCH_OFF, SWITCH_ON };

/* The keys that are socket options, for sets of them: bit (1u << enum option_key). */
enum option_key {
    OPTION_KEEPALIVE,
    OPTION_USER_TIMEOUT,
    OPTION_LINGER,
    OPTION_FIN_TIMEOUT,
    OPTION_REUSEADDR,
    OPTION_NODELAY,
    OPTION_RECV_TIMEOUT,
    OPTION_SEND_TIMEOUT,
    OPTION_BACKLOG, /* listen(2)'s argument, and no option for setsockopt(2) */
    OPTION_KEYS
};

/* SO_KEEPALIVE; with SWITCH_ON also TCP_KEEPIDLE and TCP_KEEPINTVL, in seconds, and TCP_KEEPCNT. */
struct keepalive {
    enum option_switch on;
    int idle, interval, count;
};

/* What its author forgot to set on a socket. */
struct socket_options {
    struct keepalive keepalive;
    int64_t user_timeout; /* ms, or UNTOUCHED */
    int64_t linger;       /* seconds, LINGER_OFF or UNTOUCHED */
    int64_t fin_timeout;  /* seconds, or UNTOUCHED */
    enum option_switch reuseaddr, nodelay;
    int64_t recv_timeout, send_timeout; /* ms, or UNTOUCHED */
    int64_t backlog;                    /* connections, or UNTOUCHED */
    uint32_t given;                     /* the keys that a matching section gives */
    uint32_t enforced;                  /* and those where the program has no say */
};

#define LINGER_OFF (-2)

/* What is sent on a connection that has been quiet for so long. */
struct heartbeat {
    int64_t after; /* ms, or DURATION_OFF */
    uint32_t size;
    char text[POLICY_HEARTBEAT_MAX];
};

/* Settings for one socket. */
struct socket_policy {
    enum action action;
    int64_t grace;        /* ms */
    int64_t unread_grace; /* ms or DURATION_OFF */
    int64_t idle;         /* ms or DURATION_OFF */
    int64_t release;      /* ms, DURATION_OFF or RELEASE_EMFILE */
    struct heartbeat heartbeat;
    struct socket_options options; /* not chosen with the rest: policy_options */
};

/* An address range; family ADDRESS_NONE: the selector was not given. */
struct address_range {
    struct address base;
    uint8_t prefix; /* bits: 0 to 32, or 0 to 128 */
};

/* What a section asks of a socket; a selector that was not given holds for every socket. */
struct selectors {
    char exe[POLICY_GLOB_MAX]; /* empty: not given */
    enum direction direction;  /* DIRECTION_UNKNOWN: not given */
    struct address_range peer;
    struct address_range local;
    bool port_given;
    uint16_t port_low, port_high; /* inclusive */
    enum cause cause;             /* CAUSE_NONE: not given */
};

/* One section: its selectors, and the settings it gives. */
struct rule {
    struct selectors selectors;
    uint32_t given; /* bit (1u << enum socket_key) for each value that is set, but options */
    struct socket_policy values;
};

struct policy {
    bool off;  /* WAITCLOSE=off */
    bool help; /* WAITCLOSE=help */
    size_t rule_count;
    struct process_policy process;
    struct rule rules[POLICY_RULES_MAX]; /* in the order written: later wins */
};

/* Where a policy went wrong, ready to print: "WAITCLOSE:1:7: unknown key 'gracee'; expected one of ..." */
struct policy_mistake {
    char message[1024];
};

/* Fills in the defaults. */
void policy_defaults(struct policy *policy);

/*
 * Reads one source on top of what policy already holds. `source` names it in
 * messages ("WAITCLOSE", "-o", a file's path). A source begins outside any
 * section, and a section that it opens ends with it.
 * Returns false, with the mistake filled in, at the first mistake; policy is
 * then not to be used. May call libc, open files (@FILE): constructor and command only.
 */
bool policy_read(struct policy *policy, const char *text, const char *source, struct policy_mistake *mistake);

/* The same for a file; a relative path is taken from the working directory. */
bool policy_read_file(struct policy *policy, const char *path, struct policy_mistake *mistake);

/*
 * Drops the sections whose exe= selector does not match this program's file
 * name (no directory), once, so that the watcher need not match globs.
 */
void policy_for_program(struct policy *policy, const char *program);

/* What is known about one socket when its policy is chosen. */
struct subject {
    enum direction direction;
    enum cause cause;
    struct address local, peer;
};

/*
 * The settings in force for one socket: defaults, then every matching section
 * in the order written. Pure; callable from anywhere, also without libc.
 * port= is the service's: the peer's for DIRECTION_OUT, ours for DIRECTION_IN;
 * for DIRECTION_UNKNOWN either may match, but no connection is ended on such a guess.
 */
struct socket_policy policy_choose(const struct policy *policy, const struct subject *subject);

/*
 * The options for one socket, from every section that is known to match, in the
 * order written: one that asks for a direction or an address not known yet does not. Pure, as above.
 */
struct socket_options policy_options(const struct policy *policy, const struct subject *subject);

/*
 * Writes the table of keys, with defaults, to a descriptor (WAITCLOSE=help, `waitclose help policy`).
 * False: it could not all be written; errno says why.
 */
bool policy_print_table(int fd);

/* One key as `waitclose check` explains it. */
struct policy_explanation {
    const char *section; /* "" for the top, otherwise the selectors as text: "[dir=out port=6379]" */
    const char *key;
    const char *value;
    const char *meaning; /* one sentence, lower case, without a full stop */
    bool enforced;       /* key!=value */
    bool is_default;
};
typedef void policy_explained(const struct policy_explanation *explanation, void *context);

/* Calls `each` for every setting in force: process keys, then socket keys at the top, then each section's.
 * Command only. */
void policy_explain(const struct policy *policy, policy_explained *each, void *context);

#endif
