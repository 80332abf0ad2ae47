#include "gist.h"

#include <string.h>

int64_t keepalive_seconds(const struct keepalive *keepalive)
{
    return keepalive->idle + (int64_t)keepalive->interval * keepalive->count;
}

static void take_setting(const struct policy_explanation *explanation, void *context)
{
    struct gist *gist = context;
    const char *key = explanation->key, *value = explanation->value;

    if (strcmp(key, "action") == 0) {
        gist->fins |= strcmp(value, "fin") == 0;
        gist->resets |= strcmp(value, "reset") == 0;
        gist->closes |= strcmp(value, "close") == 0;
    }
    gist->releases |= strcmp(key, "release") == 0 && strcmp(value, "never") != 0;
    gist->idles |= strcmp(key, "idle") == 0 && strcmp(value, "off") != 0;
    gist->beats |= strcmp(key, "heartbeat") == 0 && strcmp(value, "off") != 0;
}

static void take_keepalive(struct gist *gist, const struct keepalive *keepalive)
{
    int64_t known = keepalive_seconds(&gist->keepalive), other = keepalive_seconds(keepalive);
    if (keepalive->on != SWITCH_ON)
        return;
    gist->keepalive_differs |= gist->keepalive.on == SWITCH_ON && known != other;
    if (gist->keepalive.on != SWITCH_ON || other > known)
        gist->keepalive = *keepalive;
}

static void take_largest(int64_t *largest, const struct socket_options *options, enum option_key key,
                         int64_t value)
{
    if (options->given & 1u << key && value > *largest)
        *largest = value;
}

static void take_options(struct gist *gist, const struct socket_options *options)
{
    uint32_t given = options->given;
    if (given & 1u << OPTION_KEEPALIVE)
        take_keepalive(gist, &options->keepalive);
    take_largest(&gist->user_timeout, options, OPTION_USER_TIMEOUT, options->user_timeout);
    take_largest(&gist->fin_timeout, options, OPTION_FIN_TIMEOUT, options->fin_timeout);
    take_largest(&gist->recv_timeout, options, OPTION_RECV_TIMEOUT, options->recv_timeout);
    take_largest(&gist->send_timeout, options, OPTION_SEND_TIMEOUT, options->send_timeout);
    take_largest(&gist->backlog, options, OPTION_BACKLOG, options->backlog);
    gist->linger_resets |= given & 1u << OPTION_LINGER && options->linger == 0;
    gist->linger_waits |= given & 1u << OPTION_LINGER && options->linger > 0;
    gist->reuseaddr |= given & 1u << OPTION_REUSEADDR && options->reuseaddr == SWITCH_ON;
}

struct gist gist_of(const struct policy *policy)
{
    struct gist gist = {.user_timeout = UNTOUCHED,
                        .fin_timeout = UNTOUCHED,
                        .backlog = UNTOUCHED,
                        .recv_timeout = UNTOUCHED,
                        .send_timeout = UNTOUCHED};

    policy_explain(policy, take_setting, &gist);
    for (size_t i = 0; i < policy->rule_count; i++)
        take_options(&gist, &policy->rules[i].values.options);
    return gist;
}
