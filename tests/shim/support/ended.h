/* Sockets that the policy has ended: leaked first, and then waited for. */
#ifndef ENDED_H
#define ENDED_H

#include "sockets.h"

/* So many connections whose peers have closed, of which nothing is read. Each leads to a leak and an action.
 */
static inline void leak_many(int *clients, int count)
{
    int listener = listen_on_loopback();
    for (int i = 0; i < count; i++) {
        struct pair pair = pair_at(listener);
        clients[i] = pair.client;
        must(close(pair.server) == 0);
    }
    must(close(listener) == 0);
}

static inline int ended_socket(void)
{
    int client;
    leak_many(&client, 1);
    await_events(2);
    return client;
}

static inline int state_of(int fd)
{
    struct {
        unsigned char state, rest[255];
    } info;
    socklen_t size = sizeof info;
    must(getsockopt(fd, IPPROTO_TCP, 11 /* TCP_INFO */, &info, &size) == 0);
    return info.state;
}

enum { ESTABLISHED = 1, CLOSED = 7, CLOSE_WAIT = 8 };

#endif
