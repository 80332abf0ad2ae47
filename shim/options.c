#include "options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>

#include "address.h"
#include "bare.h"
#include "hints.h"
#include "life.h"
#include "raw.h"
#include "socket_calls.h"

#ifndef TCP_USER_TIMEOUT
#define TCP_USER_TIMEOUT 18
#endif

/* The timeouts have two names where time is 64 bits wide and long is not; the old one takes longs. */
enum { RECV_TIMEOUT = 20, SEND_TIMEOUT = 21, RECV_TIMEOUT_NEW = 66, SEND_TIMEOUT_NEW = 67 };

/* The kernel's options, each with the policy's key. */
enum {
    KEEPALIVE,
    KEEP_IDLE,
    KEEP_INTERVAL,
    KEEP_COUNT,
    USER_TIMEOUT,
    LINGER,
    FIN_TIMEOUT,
    REUSEADDR,
    NODELAY,
    RECEIVE,
    SEND,
    KERNEL_OPTIONS
};

static const struct kernel_option {
    int level, name, other_name;
    enum option_key key;
} kernel_options[KERNEL_OPTIONS] = {
    [KEEPALIVE] = {SOL_SOCKET, SO_KEEPALIVE, SO_KEEPALIVE, OPTION_KEEPALIVE},
    [KEEP_IDLE] = {IPPROTO_TCP, TCP_KEEPIDLE, TCP_KEEPIDLE, OPTION_KEEPALIVE},
    [KEEP_INTERVAL] = {IPPROTO_TCP, TCP_KEEPINTVL, TCP_KEEPINTVL, OPTION_KEEPALIVE},
    [KEEP_COUNT] = {IPPROTO_TCP, TCP_KEEPCNT, TCP_KEEPCNT, OPTION_KEEPALIVE},
    [USER_TIMEOUT] = {IPPROTO_TCP, TCP_USER_TIMEOUT, TCP_USER_TIMEOUT, OPTION_USER_TIMEOUT},
    [LINGER] = {SOL_SOCKET, SO_LINGER, SO_LINGER, OPTION_LINGER},
    [FIN_TIMEOUT] = {IPPROTO_TCP, TCP_LINGER2, TCP_LINGER2, OPTION_FIN_TIMEOUT},
    [REUSEADDR] = {SOL_SOCKET, SO_REUSEADDR, SO_REUSEADDR, OPTION_REUSEADDR},
    [NODELAY] = {IPPROTO_TCP, TCP_NODELAY, TCP_NODELAY, OPTION_NODELAY},
    [RECEIVE] = {SOL_SOCKET, RECV_TIMEOUT, RECV_TIMEOUT_NEW, OPTION_RECV_TIMEOUT},
    [SEND] = {SOL_SOCKET, SEND_TIMEOUT, SEND_TIMEOUT_NEW, OPTION_SEND_TIMEOUT},
};

static const char *const key_names[OPTION_KEYS] = {
    [OPTION_KEEPALIVE] = "keepalive",
    [OPTION_USER_TIMEOUT] = "user-timeout",
    [OPTION_LINGER] = "linger",
    [OPTION_FIN_TIMEOUT] = "fin-timeout",
    [OPTION_REUSEADDR] = "reuseaddr",
    [OPTION_NODELAY] = "nodelay",
    [OPTION_RECV_TIMEOUT] = "recv-timeout",
    [OPTION_SEND_TIMEOUT] = "send-timeout",
    [OPTION_BACKLOG] = "backlog",
};

enum { ALL_KEYS = (1 << OPTION_KEYS) - 1, ACCEPT_WOULD_FAIL = 1 << OPTION_RECV_TIMEOUT };

bool options_wanted;
static const struct policy *policy;
static unsigned capacity;
static _Atomic uint16_t *programs_own; /* by number: 1 << kernel option that the program has set itself */
static _Atomic uint16_t *enforced;     /* by number: 1 << enum option_key */

/* Keys that some section gives and narrows: by anything, and by an address that comes with the connection. */
static uint32_t narrowed, narrowed_by_address;

/* By key: 0, or errno << 32 | number, of the first refusal; and whether it was told. */
static _Atomic uint64_t refused[OPTION_KEYS];
static uint32_t told;

static uint32_t keys_given(const struct rule *rule, bool by_address)
{
    const struct selectors *selectors = &rule->selectors;
    bool address =
        selectors->peer.base.family != ADDRESS_NONE || selectors->local.base.family != ADDRESS_NONE;
    bool any = address || selectors->direction != DIRECTION_UNKNOWN || selectors->port_given;
    return (by_address ? address : any) ? rule->values.options.given : 0;
}

bool options_open(const struct policy *chosen, unsigned numbers)
{
    uint32_t given = 0;
    policy = chosen;
    for (size_t i = 0; i < policy->rule_count; i++) {
        given |= policy->rules[i].values.options.given;
        narrowed |= keys_given(&policy->rules[i], false);
        narrowed_by_address |= keys_given(&policy->rules[i], true);
    }
    if (!given)
        return true;
    /* A receive timeout is not left to a listener, for accept(2) would time out with it. */
    narrowed_by_address |= given & ACCEPT_WOULD_FAIL;
    programs_own = bare_memory(numbers * sizeof *programs_own, true);
    enforced = bare_memory(numbers * sizeof *enforced, true);
    capacity = numbers;
    options_wanted = programs_own && enforced;
    return options_wanted;
}

/* The value as the kernel takes it; its size. */
static int value_of(int option, const struct socket_options *options, void *value)
{
    const struct keepalive *keepalive = &options->keepalive;
    int *number = value;
    long *times = value;
    struct linger *linger = value;
    int64_t timeout = option == RECEIVE ? options->recv_timeout : options->send_timeout;
    switch (option) {
    case LINGER:
        *linger = (struct linger){.l_onoff = options->linger != LINGER_OFF};
        linger->l_linger = linger->l_onoff ? (int)options->linger : 0;
        return sizeof *linger;
    case RECEIVE:
    case SEND:
        times[0] = (long)(timeout / 1000);
        times[1] = (long)(timeout % 1000) * 1000;
        return 2 * sizeof *times;
    case USER_TIMEOUT:
        *number = (int)options->user_timeout;
        break;
    case FIN_TIMEOUT:
        *number = (int)options->fin_timeout;
        break;
    default:
        *number = option == KEEP_IDLE       ? keepalive->idle
                  : option == KEEP_INTERVAL ? keepalive->interval
                  : option == KEEP_COUNT    ? keepalive->count
                  : option == KEEPALIVE     ? keepalive->on == SWITCH_ON
                  : option == REUSEADDR     ? options->reuseaddr == SWITCH_ON
                                            : options->nodelay == SWITCH_ON;
    }
    return sizeof *number;
}

static void set_one(int number, int handle, int option, const struct socket_options *options)
{
    const struct kernel_option *kernel = &kernel_options[option];
    long value[2];
    int size = value_of(option, options, value);
    uint64_t none = 0;
    long answer = raw_setsockopt(handle, kernel->level, kernel->name, value, size);
    if (raw_failed(answer))
        atomic_compare_exchange_strong(&refused[kernel->key], &none,
                                       (uint64_t)-answer << 32 | (uint32_t)number);
}

static bool is_part_of_off(int option, const struct socket_options *options)
{
    return option >= KEEP_IDLE && option <= KEEP_COUNT && options->keepalive.on == SWITCH_OFF;
}

/* Sets those of the keys that the policy gives, and the program has not set or has no say in. */
static void set(int number, int handle, const struct socket_options *options, uint32_t keys)
{
    uint16_t own = 0;
    keys &= options->given;
    if ((unsigned)number < capacity) {
        own = atomic_load_explicit(&programs_own[number], memory_order_relaxed);
        atomic_store_explicit(&enforced[number], (uint16_t)options->enforced, memory_order_relaxed);
    }
    for (int option = 0; option < KERNEL_OPTIONS; option++) {
        uint32_t key = 1u << kernel_options[option].key;
        bool yields = own & 1u << option && !(options->enforced & key);
        if (keys & key && !yields && !is_part_of_off(option, options))
            set_one(number, handle, option, options);
    }
}

static struct address address_by(long (*call)(int handle, void *address, int *size), int handle)
{
    struct sockaddr_storage address;
    int size = sizeof address;
    if (raw_failed(call(handle, &address, &size)))
        size = 0;
    return address_from(&address, (socklen_t)size);
}

/* In a sandbox of the program's own, a call that it does not make itself could be its end. */
static bool must_not(void)
{
    return life_sandboxed() || life_in_vfork_child();
}

void options_at_birth(int fd)
{
    struct subject nothing_known = {.direction = DIRECTION_UNKNOWN};
    if (must_not())
        return;
    if ((unsigned)fd < capacity)
        atomic_store_explicit(&programs_own[fd], 0, memory_order_relaxed);
    struct socket_options options = policy_options(policy, &nothing_known);
    set(fd, fd, &options, ALL_KEYS);
}

void options_before_connect(int fd, const struct sockaddr *peer, socklen_t peer_size)
{
    struct subject subject = {.direction = DIRECTION_OUT, .peer = address_from(peer, peer_size)};
    if (!narrowed || must_not() || subject.peer.family == ADDRESS_NONE)
        return;
    subject.local = address_by(raw_getsockname, fd);
    struct socket_options options = policy_options(policy, &subject);
    set(fd, fd, &options, narrowed);
}

/* Only now does it have an address of its own, unless it was bound before. */
void options_after_connect(int fd)
{
    struct subject subject = {.direction = DIRECTION_OUT};
    if (!(narrowed_by_address & ~(uint32_t)ACCEPT_WOULD_FAIL) || must_not())
        return;
    subject.local = address_by(raw_getsockname, fd);
    subject.peer = address_by(raw_getpeername, fd);
    if (subject.peer.family == ADDRESS_NONE) /* not connected yet, or never */
        return;
    struct socket_options options = policy_options(policy, &subject);
    set(fd, fd, &options, narrowed_by_address);
}

static void set_on_listener(int number, int handle, const struct socket_options *options, uint32_t keys)
{
    static const struct socket_options no_timeout = {.recv_timeout = 0, .given = 1u << OPTION_RECV_TIMEOUT};
    set(number, handle, options, keys & ~(uint32_t)ACCEPT_WOULD_FAIL);
    bool own = (unsigned)number < capacity &&
               atomic_load_explicit(&programs_own[number], memory_order_relaxed) & 1u << RECEIVE;
    if (options->given & ACCEPT_WOULD_FAIL && !own)
        set_one(number, handle, RECEIVE, &no_timeout);
}

int options_at_listen(int fd, int backlog)
{
    struct subject subject = {.direction = DIRECTION_IN, .local = address_by(raw_getsockname, fd)};
    if (must_not())
        return backlog;
    struct socket_options options = policy_options(policy, &subject);
    set_on_listener(fd, fd, &options, narrowed);
    return options.backlog == UNTOUCHED ? backlog : (int)options.backlog;
}

void options_at_accept(int fd, int listener)
{
    struct subject subject = {.direction = DIRECTION_IN};
    if (must_not() || (unsigned)fd >= capacity || (unsigned)listener >= capacity)
        return;
    /* What the listener has, this one has. */
    atomic_store_explicit(&programs_own[fd], atomic_load(&programs_own[listener]), memory_order_relaxed);
    atomic_store_explicit(&enforced[fd], atomic_load(&enforced[listener]), memory_order_relaxed);
    if (!narrowed_by_address)
        return;
    subject.local = address_by(raw_getsockname, fd);
    subject.peer = address_by(raw_getpeername, fd);
    struct socket_options options = policy_options(policy, &subject);
    set(fd, fd, &options, narrowed_by_address);
}

/* Which way its connection was made is not known, so sections that ask for that do not match. */
void options_for_found(int number, int handle)
{
    int listens = 0, size = sizeof listens;
    struct subject subject = {.direction = DIRECTION_UNKNOWN};
    if (!options_wanted || must_not())
        return;
    raw_getsockopt(handle, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
    subject.direction = listens ? DIRECTION_IN : DIRECTION_UNKNOWN;
    subject.local = address_by(raw_getsockname, handle);
    subject.peer = address_by(raw_getpeername, handle);
    struct socket_options options = policy_options(policy, &subject);
    if (listens)
        set_on_listener(number, handle, &options, ALL_KEYS);
    else
        set(number, handle, &options, ALL_KEYS);
}

/* KERNEL_OPTIONS for one that the policy knows nothing of. */
static int find(int level, int name)
{
    int option = 0;
    while (option < KERNEL_OPTIONS &&
           (kernel_options[option].level != level ||
            (kernel_options[option].name != name && kernel_options[option].other_name != name)))
        option++;
    return option;
}

bool options_enforced(int fd, int level, int name)
{
    int option = find(level, name);
    return option < KERNEL_OPTIONS && (unsigned)fd < capacity && hints_tracked(fd) &&
           atomic_load_explicit(&enforced[fd], memory_order_relaxed) & 1u << kernel_options[option].key;
}

void options_set_by_program(int fd, int level, int name)
{
    int option = find(level, name);
    if (option < KERNEL_OPTIONS && (unsigned)fd < capacity && !life_in_vfork_child())
        atomic_fetch_or_explicit(&programs_own[fd], (uint16_t)(1u << option), memory_order_relaxed);
}

bool options_next_refused(struct refused_option *next)
{
    for (int key = 0; key < OPTION_KEYS; key++) {
        uint64_t first = atomic_load_explicit(&refused[key], memory_order_relaxed);
        if (!first || told & 1u << key)
            continue;
        told |= 1u << key;
        *next = (struct refused_option){key_names[key], (int)(uint32_t)first, -(long)(first >> 32)};
        return true;
    }
    return false;
}
