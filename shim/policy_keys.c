/* The table of keys, how they are found, and how they are printed. */
#include <stdio.h>
#include <string.h>

#include "policy_keys.h"

/* A hundred years: beyond any use, and still safe to count in nanoseconds. */
#define LONGEST (INT64_C(36500) * DAY)

static const char *const log_words[] = {"stderr", "none", "syslog", "journal", NULL};
static const char *const format_words[] = {"text", "json", NULL};
#define TIMEOUT "a duration from 1ms, such as 250ms, 30s, 5m, 2h or 1d, at most 36500d"

static const char *const switch_words[] = {"off", "on", NULL};
static const char *const summary_words[] = {"off", "on", "leaks", NULL};
static const char *const action_words[] = {"ignore", "report", "fin", "reset", "close", NULL};
static const char *const limit_words[] = {"", ":term", ":abort", NULL};

static const char range_values[] = "ADDR or ADDR/LEN, IPv4 or IPv6 (LEN from 96 where IPv4-mapped)";

const struct policy_key policy_keys[] = {
    {"log", SCOPE_PROCESS, VALUE_LOG, .words = log_words,
     .values = "stderr, none, syslog, journal, or a path (%p pid, %e program name, %% a percent sign)",
     .fallback = "stderr", .meaning = "where events go; a path is opened O_APPEND, O_NOFOLLOW, 0600"},
    {"format", SCOPE_PROCESS, VALUE_WORD, offsetof(struct process_policy, format), .words = format_words,
     .values = "text or json", .fallback = "text", .meaning = "a line per event"},
    {"interval", SCOPE_PROCESS, VALUE_DURATION, offsetof(struct process_policy, interval), .low = 1,
     .high = DAY, .values = "a duration from 1ms to 1d, such as 250ms, 30s, 5m or 2h", .fallback = "1s",
     .meaning = "how often the watcher looks"},
    {"watch", SCOPE_PROCESS, VALUE_SWITCH, offsetof(struct process_policy, watch), .words = switch_words,
     .values = "on or off", .fallback = "on", .meaning = "off: no thread; report at the program's exit only"},
    {"stack", SCOPE_PROCESS, VALUE_NUMBER, offsetof(struct process_policy, stack), .high = POLICY_STACK_MAX,
     .values = "a number from 0 to 32", .fallback = "0",
     .meaning = "frames kept for each socket's creation; the call site is always kept"},
    {"exitcode", SCOPE_PROCESS, VALUE_NUMBER, offsetof(struct process_policy, exitcode), .low = 1,
     .high = 255, .values = "a number from 1 to 255", .fallback = "none",
     .meaning = "exit with this status if anything leaked and the program would have exited with 0 (for CI)"},
    {"limit", SCOPE_PROCESS, VALUE_LIMIT, .words = limit_words, .low = 1, .high = POLICY_LIMIT_MAX,
     .values = "N, N:term or N:abort, with N from 1 to 1048576", .fallback = "none",
     .meaning = "that many leaks at once: report it, then send this process SIGTERM or SIGABRT"},
    {"summary", SCOPE_PROCESS, VALUE_WORD, offsetof(struct process_policy, summary), .words = summary_words,
     .values = "on, off or leaks", .fallback = "leaks", .meaning = "a last line when the program ends"},

    {"action", SCOPE_SOCKET, VALUE_WORD, offsetof(struct socket_policy, action), SOCKET_ACTION,
     .words = action_words, .values = "ignore, report, fin, reset or close", .fallback = "report",
     .meaning = "what happens to a leak"},
    {"grace", SCOPE_SOCKET, VALUE_DURATION, offsetof(struct socket_policy, grace), SOCKET_GRACE,
     .high = LONGEST, .values = "a duration such as 250ms, 30s, 5m, 2h or 1d, at most 36500d",
     .fallback = "30s",
     .meaning = "how long after the peer's FIN, with nothing sent since, a socket is a leak"},
    {"unread-grace", SCOPE_SOCKET, VALUE_DURATION, offsetof(struct socket_policy, unread_grace),
     SOCKET_UNREAD_GRACE, .high = LONGEST, .off = true,
     .values = "off, or a duration such as 250ms, 30s, 5m, 2h or 1d, at most 36500d", .fallback = "10m",
     .meaning = "the same where the program has left data unread"},
    {"idle", SCOPE_SOCKET, VALUE_DURATION, offsetof(struct socket_policy, idle), SOCKET_IDLE, .low = 1,
     .high = LONGEST, .off = true,
     .values = "off, or a duration such as 250ms, 30s, 5m, 2h or 1d, from 1ms to 36500d", .fallback = "off",
     .meaning = "no data either way for so long, without a FIN: cause idle"},
    {"release", SCOPE_SOCKET, VALUE_RELEASE, offsetof(struct socket_policy, release), SOCKET_RELEASE,
     .high = LONGEST,
     .values = "never, emfile, or a duration such as 250ms, 30s, 5m, 2h or 1d, at most 36500d",
     .fallback = "never", .meaning = "after action=close: when the number itself is given back"},
    {"heartbeat", SCOPE_SOCKET, VALUE_HEARTBEAT, offsetof(struct socket_policy, heartbeat), SOCKET_HEARTBEAT,
     .low = 1, .high = LONGEST,
     .values = "off, or DURATION:TEXT, from 1ms to 36500d and 1 to 256 bytes (C escapes in quotes)",
     .fallback = "off",
     .meaning = "send TEXT on a connection that has been quiet so long; only in a section with port="},
    {"keepalive", SCOPE_SOCKET, VALUE_KEEPALIVE, offsetof(struct socket_policy, options.keepalive),
     OPTION_KEEPALIVE, true,
     .values = "off, or IDLE/INTERVAL/COUNT, in seconds up to 32767/32767 and a number up to 127",
     .fallback = "untouched", .meaning = "SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT"},
    {"user-timeout", SCOPE_SOCKET, VALUE_TIMEOUT, offsetof(struct socket_policy, options.user_timeout),
     OPTION_USER_TIMEOUT, true, .low = 1, .high = INT32_MAX,
     .values = "a duration from 1ms to 24d, such as 250ms, 30s or 5m", .fallback = "untouched",
     .meaning = "TCP_USER_TIMEOUT"},
    {"linger", SCOPE_SOCKET, VALUE_LINGER, offsetof(struct socket_policy, options.linger), OPTION_LINGER,
     true, .high = 65535, .values = "off, or SECONDS from 0 (reset on close) to 65535",
     .fallback = "untouched", .meaning = "SO_LINGER"},
    {"fin-timeout", SCOPE_SOCKET, VALUE_COUNT, offsetof(struct socket_policy, options.fin_timeout),
     OPTION_FIN_TIMEOUT, true, .low = 1, .high = 120, .values = "SECONDS from 1 to 120",
     .fallback = "untouched", .meaning = "TCP_LINGER2"},
    {"reuseaddr", SCOPE_SOCKET, VALUE_OPTION, offsetof(struct socket_policy, options.reuseaddr),
     OPTION_REUSEADDR, true, .words = switch_words, .values = "on or off", .fallback = "untouched",
     .meaning = "SO_REUSEADDR"},
    {"nodelay", SCOPE_SOCKET, VALUE_OPTION, offsetof(struct socket_policy, options.nodelay), OPTION_NODELAY,
     true, .words = switch_words, .values = "on or off", .fallback = "untouched", .meaning = "TCP_NODELAY"},
    {"recv-timeout", SCOPE_SOCKET, VALUE_TIMEOUT, offsetof(struct socket_policy, options.recv_timeout),
     OPTION_RECV_TIMEOUT, true, .low = 1, .high = LONGEST, .values = TIMEOUT, .fallback = "untouched",
     .meaning = "SO_RCVTIMEO"},
    {"send-timeout", SCOPE_SOCKET, VALUE_TIMEOUT, offsetof(struct socket_policy, options.send_timeout),
     OPTION_SEND_TIMEOUT, true, .low = 1, .high = LONGEST, .values = TIMEOUT, .fallback = "untouched",
     .meaning = "SO_SNDTIMEO"},
    {"backlog", SCOPE_SOCKET, VALUE_COUNT, offsetof(struct socket_policy, options.backlog), OPTION_BACKLOG,
     true, .high = 65535, .values = "a number from 0 to 65535", .fallback = "untouched",
     .meaning = "listen()'s second argument"},

    {"exe", SCOPE_SELECTOR, VALUE_GLOB, offsetof(struct selectors, exe),
     .values = "a pattern for the program's file name, without '/', at most 255 bytes",
     .meaning = "the program's file name"},
    {"dir", SCOPE_SELECTOR, VALUE_DIRECTION, offsetof(struct selectors, direction), .values = "in or out",
     .meaning = "accepted (in) or connected (out)"},
    {"peer", SCOPE_SELECTOR, VALUE_RANGE, offsetof(struct selectors, peer), .values = range_values,
     .meaning = "the other side's address"},
    {"local", SCOPE_SELECTOR, VALUE_RANGE, offsetof(struct selectors, local), .values = range_values,
     .meaning = "this side's address"},
    {"port", SCOPE_SELECTOR, VALUE_PORTS,
     .values = "a port from 1 to 65535, or a range such as 8000-8099, the lower first",
     .meaning = "the service's port: the peer's for out, ours for in"},
    {"cause", SCOPE_SELECTOR, VALUE_CAUSE, offsetof(struct selectors, cause),
     .values = "eof-ignored, eof-unread, data-unread, error-ignored, reset-unread, shutdown-unclosed or idle",
     .meaning = "why the socket is a leak"},
};

_Static_assert(sizeof policy_keys / sizeof *policy_keys == POLICY_KEYS, "the header knows how many");

const struct policy_key *policy_key_find(const char *name, size_t length, unsigned scopes)
{
    for (const struct policy_key *key = policy_keys; key < policy_keys + POLICY_KEYS; key++)
        if ((key->scope & scopes) && strlen(key->name) == length && memcmp(key->name, name, length) == 0)
            return key;
    return NULL;
}

/* The number of bytes to insert, delete or change to make one from the other. */
static unsigned distance(const char *name, size_t length, const char *key)
{
    unsigned row[32]; /* longer than any key's name */
    size_t width = strlen(key);

    for (size_t column = 0; column <= width; column++)
        row[column] = (unsigned)column;
    for (size_t i = 0; i < length; i++) {
        unsigned diagonal = row[0];
        row[0]++;
        for (size_t column = 1; column <= width; column++) {
            unsigned best = diagonal + (name[i] != key[column - 1]);
            if (best > row[column] + 1)
                best = row[column] + 1;
            if (best > row[column - 1] + 1)
                best = row[column - 1] + 1;
            diagonal = row[column];
            row[column] = best;
        }
    }
    return row[width];
}

const struct policy_key *policy_key_nearest(const char *name, size_t length, unsigned scopes)
{
    const struct policy_key *nearest = NULL;
    size_t least = 3; /* two slips at most, and no more than every second byte */

    for (const struct policy_key *key = policy_keys; key < policy_keys + POLICY_KEYS; key++) {
        if (!(key->scope & scopes) || length > 2 * strlen(key->name))
            continue;
        size_t slips = distance(name, length, key->name);
        if (slips < least && 2 * slips <= strlen(key->name)) {
            nearest = key;
            least = slips;
        }
    }
    return nearest;
}

static bool print_key(int fd, const struct policy_key *key)
{
    return dprintf(fd, "  %-13s %s\n  %-13s %s\n", key->name, key->values, "", key->meaning) >= 0 &&
           (!key->fallback || dprintf(fd, "  %-13s default: %s\n", "", key->fallback) >= 0);
}

static bool print_keys(int fd, const char *title, enum key_scope scope)
{
    bool written = dprintf(fd, "\n%s:\n\n", title) >= 0;
    for (const struct policy_key *key = policy_keys; key < policy_keys + POLICY_KEYS; key++) {
        if (key->scope == scope)
            written = written && print_key(fd, key);
    }
    return written;
}

bool policy_print_table(int fd)
{
    return dprintf(
               fd,
               "A policy is key=value settings, separated by white space, ',' or ';'. [SELECTORS] opens a\n"
               "section, [] closes it, @FILE reads a file, # starts a comment; later settings win.\n"
               "key!=value enforces a socket option: the program cannot set it otherwise.\n") >= 0 &&
           print_keys(fd, "For the process, before the first section", SCOPE_PROCESS) &&
           print_keys(fd, "For sockets", SCOPE_SOCKET) && print_keys(fd, "Selectors", SCOPE_SELECTOR);
}
