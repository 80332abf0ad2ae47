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
