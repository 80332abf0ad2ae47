#include "accept_queue.h"

#include <stdbool.h>
#include <string.h>

static bool is_wildcard(const struct address *address)
{
    static const uint8_t zeros[sizeof address->bytes];
    return memcmp(address->bytes, zeros, sizeof zeros) == 0;
}

/* 0: not at all. The wildcard of IPv6 listens for IPv4 too. */
static int fit(const struct facts *listener, const struct address *local)
{
    const struct address *at = &listener->local;
    bool same_family = at->family == local->family;
    bool same = same_family && memcmp(at->bytes, local->bytes, sizeof at->bytes) == 0;

    if (at->port != local->port || (!same && !is_wildcard(at)) ||
        (!same_family && at->family == ADDRESS_IPV4))
        return 0;
    int by_address = same ? 3 : same_family ? 2 : 1;
    return 2 * by_address + (listener->accept_queue > 0);
}

const struct facts *accept_queue_find(const struct facts *listeners, size_t count,
                                      const struct address *local)
{
    const struct facts *best = NULL;
    int best_fit = 0;

    for (size_t i = 0; i < count; i++) {
        int this_fit = fit(&listeners[i], local);
        if (this_fit > best_fit) {
            best = &listeners[i];
            best_fit = this_fit;
        }
    }
    return best;
}
