/* What a policy comes to, all its sections taken together: for what check says beside the settings. */
#ifndef WAITCLOSE_CLI_GIST_H
#define WAITCLOSE_CLI_GIST_H

#include "waitclose/policy.h"

struct gist {
    bool fins, resets, closes; /* some section's action */
    bool releases, idles, beats;
    bool keepalive_differs, linger_waits, linger_resets;
    bool reuseaddr;
    struct keepalive keepalive; /* the slowest; SWITCH_UNTOUCHED: no section switches it on */
    int64_t user_timeout;       /* ms, the longest, or UNTOUCHED */
    int64_t fin_timeout, backlog, recv_timeout, send_timeout; /* the largest, or UNTOUCHED */
};

struct gist gist_of(const struct policy *policy);

/* Seconds until keepalive gives a peer up that has vanished. */
int64_t keepalive_seconds(const struct keepalive *keepalive);

#endif
