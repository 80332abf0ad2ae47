#include "sound_policy.h"

#include <string.h>

/* A byte that is neither 0 nor 1 must not be read as a bool. */
static bool is_bool(const bool *value)
{
    unsigned char byte;
    memcpy(&byte, value, sizeof byte);
    return byte <= 1;
}

static bool ends(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static bool process_is_sound(const struct process_policy *process)
{
    return process->log <= LOG_FILE && ends(process->log_path, sizeof process->log_path) &&
           process->format <= FORMAT_JSON && process->interval > 0 && is_bool(&process->watch) &&
           process->stack <= POLICY_STACK_MAX && process->exitcode <= 255 &&
           process->limit <= POLICY_LIMIT_MAX && process->limit_signal <= LIMIT_ABORTS &&
           process->summary <= SUMMARY_LEAKS;
}

static bool range_is_sound(const struct address_range *range)
{
    switch (range->base.family) {
    case ADDRESS_NONE:
        return true;
    case ADDRESS_IPV4:
        return range->prefix <= 32;
    case ADDRESS_IPV6:
        return range->prefix <= 128;
    default:
        return false;
    }
}

static bool selectors_are_sound(const struct selectors *selectors)
{
    return ends(selectors->exe, sizeof selectors->exe) && selectors->direction <= DIRECTION_OUT &&
           range_is_sound(&selectors->peer) && range_is_sound(&selectors->local) &&
           is_bool(&selectors->port_given) && selectors->cause < CAUSES;
}

/* No year is as long as that, and sums with the clock must not overflow. */
static bool duration_is_sound(int64_t duration)
{
    return duration == DURATION_OFF || (duration >= -2 && duration < INT64_MAX / 4);
}

static bool options_are_sound(const struct socket_options *options)
{
    return options->keepalive.on <= SWITCH_ON && options->reuseaddr <= SWITCH_ON &&
           options->nodelay <= SWITCH_ON && duration_is_sound(options->user_timeout) &&
           duration_is_sound(options->recv_timeout) && duration_is_sound(options->send_timeout);
}

static bool values_are_sound(const struct socket_policy *values)
{
    return values->action <= ACTION_CLOSE && duration_is_sound(values->grace) &&
           duration_is_sound(values->unread_grace) && duration_is_sound(values->idle) &&
           duration_is_sound(values->release) && duration_is_sound(values->heartbeat.after) &&
           values->heartbeat.size <= sizeof values->heartbeat.text && options_are_sound(&values->options);
}

bool policy_is_sound(const struct policy *policy)
{
    if (!is_bool(&policy->off) || !is_bool(&policy->help) || !process_is_sound(&policy->process) ||
        policy->rule_count > POLICY_RULES_MAX)
        return false;
    for (size_t i = 0; i < policy->rule_count; i++)
        if (!selectors_are_sound(&policy->rules[i].selectors) || !values_are_sound(&policy->rules[i].values))
            return false;
    return true;
}
