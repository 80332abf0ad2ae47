/*
 * Births and ends. Only here does the library learn who made a socket. Same rules
 * as in hook_read.c; the exceptions are that the first TCP socket starts the watcher, that
 * socket() and accept() settle what waits for a thread of the program's (settle.h), and that
 * sockets are given the options that the policy asks for (options.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "hints.h"
#include "life.h"
#include "next.h"
#include "options.h"
#include "settle.h"

/* Only where the policy has ended something, and wants its number back or its reference gone. */
static inline bool something_waits(void)
{
    return __builtin_expect(atomic_load_explicit(&settle_waiting, memory_order_relaxed) != 0, 0);
}

static __attribute__((noinline, cold)) unsigned settle_here(bool emfile)
{
    return !life_sandboxed() && life_is_here() && !life_has_tables() ? settle(emfile) : 0;
}

/* Whether a call that failed for want of a number may find one now. */
static bool gave_one_back(int result)
{
    return result < 0 && errno == EMFILE && atomic_load(&settle_waiting_for_emfile) > 0 &&
           settle_here(true) > 0;
}

static bool is_tcp(int domain, int type, int protocol)
{
    return (domain == AF_INET || domain == AF_INET6) &&
           (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM &&
           (protocol == 0 || protocol == IPPROTO_TCP);
}

static __attribute__((noinline)) int born(int fd, uintptr_t site, enum hint_flag direction,
                                          const struct sockaddr *peer, const socklen_t *peer_size)
{
    if (fd >= 0 && hints_capacity) {
        hints_birth(fd, site, direction, peer, peer && peer_size ? *peer_size : 0);
        life_needed();
    }
    return fd;
}

/*
 * A call that takes a number: what waits is settled first, and where there was none free it is made once more
 * if there is one now.
 */
#define TAKE_NUMBER(made, call)                                                                              \
    if (something_waits())                                                                                   \
        settle_here(false);                                                                                  \
    int made = call;                                                                                         \
    if (__builtin_expect(gave_one_back(made), 0))                                                            \
        made = call;

#define HOOK_SOCKET(returns, name, parameters, arguments, unused)                                            \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        if (!is_tcp(domain, type, protocol))                                                                 \
            return next.name arguments;                                                                      \
        TAKE_NUMBER(made, next.name arguments)                                                               \
        if (options_wanted && made >= 0)                                                                     \
            options_at_birth(made);                                                                          \
        return born(made, CALLER, 0, NULL, NULL);                                                            \
    }

/*
 * What a TCP listener gives is a TCP socket. A listener that no hook has seen is adopted by the
 * watcher, and so are its children.
 */
#define HOOK_ACCEPT(returns, name, parameters, arguments, unused)                                            \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        if (!hints_tracked(fd))                                                                              \
            return next.name arguments;                                                                      \
        TAKE_NUMBER(made, next.name arguments)                                                               \
        if (options_wanted && made >= 0)                                                                     \
            options_at_accept(made, fd);                                                                     \
        return born(made, CALLER, HINT_IN, peer, peer_size);                                                 \
    }

/*
 * With what comes before and after. What we had ended may be a connection again; the
 * watcher looks after the call too: before it there was none.
 */
static __attribute__((noinline)) int connect_attended(int (*call)(int, const struct sockaddr *, socklen_t),
                                                      int fd, const struct sockaddr *peer,
                                                      socklen_t peer_size)
{
    if (options_wanted)
        options_before_connect(fd, peer, peer_size);
    int result = call(fd, peer, peer_size);
    if (options_wanted)
        options_after_connect(fd);
    if (hints_ended(fd) && (result == 0 || errno == EINPROGRESS || errno == EINTR)) {
        hints_mark_revived(fd);
        hints_changed(fd);
    }
    return result;
}

/* The peer is noted before the call: once it is connected, the watcher may look. */
#define HOOK_CONNECT(returns, name, parameters, arguments, unused)                                           \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        if (hints_tracked(fd)) {                                                                             \
            hints_connecting(fd, peer, peer_size);                                                           \
            life_needed();                                                                                   \
            if (options_wanted || hints_ended(fd))                                                           \
                return connect_attended(next.name, fd, peer, peer_size);                                     \
        }                                                                                                    \
        return next.name arguments;                                                                          \
    }

/* An enforced option is the policy's: the call succeeds, and changes nothing. */
static __attribute__((noinline)) int set_option(int (*call)(int, int, int, const void *, socklen_t), int fd,
                                                int level, int option, const void *value, socklen_t size)
{
    if (options_enforced(fd, level, option))
        return 0;
    int result = call(fd, level, option, value, size);
    if (result == 0)
        options_set_by_program(fd, level, option);
    return result;
}

#define HOOK_OPTION(returns, name, parameters, arguments, unused)                                            \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        if (__builtin_expect(options_wanted, 0))                                                             \
            return set_option(next.name, fd, level, option, value, size);                                    \
        return next.name arguments;                                                                          \
    }

#define HOOK_LISTEN(returns, name, parameters, arguments, unused)                                            \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        if (hints_tracked(fd)) {                                                                             \
            hints_changed(fd);                                                                               \
            life_needed();                                                                                   \
            if (options_wanted)                                                                              \
                backlog = options_at_listen(fd, backlog);                                                    \
        }                                                                                                    \
        return next.name arguments;                                                                          \
    }

#define HOOK_SHUTDOWN(returns, name, parameters, arguments, unused)                                          \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        if (!hints_tracked(fd) || how == SHUT_RD)                                                            \
            return next.name arguments;                                                                      \
        int result = next.name arguments;                                                                    \
        if (result == 0)                                                                                     \
            hints_told(fd, HINT_SHUT);                                                                       \
        return result;                                                                                       \
    }

/*
 * Before the real call: afterwards the number may be another thread's. A vfork child closes its own
 * copy only.
 */
#define HOOK_CLOSE(returns, name, parameters, arguments, unused)                                             \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        if (__builtin_expect(hints_tracked(fd), 0) && !life_in_vfork_child() && hints_close(fd))             \
            return 0;                                                                                        \
        return next.name arguments;                                                                          \
    }

/*
 * Of another number for the same socket the watcher hears on its round. But what we have ended must raise no
 * SIGPIPE under that number either, from now on.
 */
static __attribute__((noinline, cold)) int another_number(int made, int fd)
{
    if (made >= 0 && made != fd && !life_in_vfork_child())
        hints_ended_too(made, fd);
    return made;
}

#define HOOK_DUP(returns, name, parameters, arguments, makes_number)                                         \
    static __attribute__((noinline, cold)) returns ended_##name parameters                                   \
    {                                                                                                        \
        return (makes_number) ? another_number(next.name arguments, fd) : next.name arguments;               \
    }                                                                                                        \
    HOOK_UNLESS(hints_ended(fd), ended_, returns, name, parameters, arguments)

#include "hooks_not_here.h"

#define HOOK(family, returns, name, parameters, arguments, raw, more)                                        \
    HOOK_##family(returns, name, parameters, arguments, more)
#include "hooks.def"
