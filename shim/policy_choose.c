/*
 * Which settings hold for one socket. Called by the watcher, which has no
 * libc: nothing here may call more than mem* and str*.
 */
#include <string.h>

#include "policy_keys.h"

const struct socket_policy socket_defaults = {
    .action = ACTION_REPORT,
    .grace = 30000,
    .unread_grace = 600000,
    .idle = DURATION_OFF,
    .release = DURATION_OFF,
    .heartbeat = {.after = DURATION_OFF},
    .options = {.user_timeout = UNTOUCHED,
                .linger = UNTOUCHED,
                .fin_timeout = UNTOUCHED,
                .recv_timeout = UNTOUCHED,
                .send_timeout = UNTOUCHED,
                .backlog = UNTOUCHED},
};

static bool range_holds(const struct address_range *range, const struct address *address)
{
    if (range->base.family == ADDRESS_NONE)
        return true;
    if (range->base.family != address->family)
        return false;
    size_t whole = range->prefix / 8;
    unsigned rest = range->prefix % 8;
    if (memcmp(range->base.bytes, address->bytes, whole) != 0)
        return false;
    return rest == 0 || ((range->base.bytes[whole] ^ address->bytes[whole]) >> (8 - rest)) == 0;
}

static bool port_holds(const struct selectors *selectors, const struct subject *subject)
{
    uint16_t low = selectors->port_low;
    uint16_t high = selectors->port_high;
    bool ours = subject->local.port >= low && subject->local.port <= high;
    bool theirs = subject->peer.port >= low && subject->peer.port <= high;

    switch (subject->direction) {
    case DIRECTION_IN:
        return ours;
    case DIRECTION_OUT:
        return theirs;
    case DIRECTION_UNKNOWN:
        break;
    }
    return ours || theirs;
}

/* exe is not asked about: policy_for_program has dropped what is meant for other programs. */
static bool selectors_hold(const struct selectors *selectors, const struct subject *subject)
{
    if (selectors->direction != DIRECTION_UNKNOWN && selectors->direction != subject->direction)
        return false;
    if (selectors->cause != CAUSE_NONE && selectors->cause != subject->cause)
        return false;
    if (selectors->port_given && !port_holds(selectors, subject))
        return false;
    return range_holds(&selectors->peer, &subject->peer) && range_holds(&selectors->local, &subject->local);
}

/* Whether a port= fits one side only by guess, for want of a direction. */
static bool guessed(const struct selectors *selectors, const struct subject *subject)
{
    return selectors->port_given && subject->direction == DIRECTION_UNKNOWN;
}

static void apply(struct socket_policy *chosen, const struct rule *rule, const struct subject *subject)
{
    bool ends = rule->values.action >= ACTION_FIN;
    if (rule->given & 1u << SOCKET_ACTION && !(ends && guessed(&rule->selectors, subject)))
        chosen->action = rule->values.action;
    if (rule->given & 1u << SOCKET_GRACE)
        chosen->grace = rule->values.grace;
    if (rule->given & 1u << SOCKET_UNREAD_GRACE)
        chosen->unread_grace = rule->values.unread_grace;
    if (rule->given & 1u << SOCKET_IDLE)
        chosen->idle = rule->values.idle;
    if (rule->given & 1u << SOCKET_RELEASE)
        chosen->release = rule->values.release;
    if (rule->given & 1u << SOCKET_HEARTBEAT && !guessed(&rule->selectors, subject))
        chosen->heartbeat = rule->values.heartbeat;
}

struct socket_policy policy_choose(const struct policy *policy, const struct subject *subject)
{
    struct socket_policy chosen = socket_defaults;

    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        if (selectors_hold(&rule->selectors, subject))
            apply(&chosen, rule, subject);
    }
    return chosen;
}

/* Whether all that a section asks for is known: a wildcard or a missing address may become any. */
static bool is_known(const struct selectors *selectors, const struct subject *subject)
{
    static const uint8_t wildcard[sizeof subject->local.bytes];
    bool out = subject->direction == DIRECTION_OUT;
    bool peer = subject->peer.family != ADDRESS_NONE;
    bool local = subject->local.family != ADDRESS_NONE;
    bool bound = local && memcmp(subject->local.bytes, wildcard, sizeof wildcard) != 0;

    if ((selectors->direction != DIRECTION_UNKNOWN || selectors->port_given) &&
        subject->direction == DIRECTION_UNKNOWN)
        return false;
    if (selectors->port_given && !(out ? peer : local))
        return false;
    return (selectors->peer.base.family == ADDRESS_NONE || peer) &&
           (selectors->local.base.family == ADDRESS_NONE || bound);
}

/* Where the value of each key lies. */
static const struct {
    size_t offset, size;
} option_values[OPTION_KEYS] = {
#define FIELD(name)                                                                                          \
    {                                                                                                        \
        offsetof(struct socket_options, name), sizeof((struct socket_options *)0)->name                      \
    }
    [OPTION_KEEPALIVE] = FIELD(keepalive),
    [OPTION_USER_TIMEOUT] = FIELD(user_timeout),
    [OPTION_LINGER] = FIELD(linger),
    [OPTION_FIN_TIMEOUT] = FIELD(fin_timeout),
    [OPTION_REUSEADDR] = FIELD(reuseaddr),
    [OPTION_NODELAY] = FIELD(nodelay),
    [OPTION_RECV_TIMEOUT] = FIELD(recv_timeout),
    [OPTION_SEND_TIMEOUT] = FIELD(send_timeout),
    [OPTION_BACKLOG] = FIELD(backlog),
#undef FIELD
};

static void apply_options(struct socket_options *chosen, const struct socket_options *given)
{
    for (int key = 0; key < OPTION_KEYS; key++) {
        size_t offset = option_values[key].offset;
        if (given->given & 1u << key)
            memcpy((char *)chosen + offset, (const char *)given + offset, option_values[key].size);
    }
    chosen->given |= given->given;
    chosen->enforced = (chosen->enforced & ~given->given) | given->enforced;
}

struct socket_options policy_options(const struct policy *policy, const struct subject *subject)
{
    struct socket_options chosen = socket_defaults.options;

    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        if (rule->values.options.given && is_known(&rule->selectors, subject) &&
            selectors_hold(&rule->selectors, subject))
            apply_options(&chosen, &rule->values.options);
    }
    return chosen;
}
