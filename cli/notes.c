#include "notes.h"

#include <stdio.h>

#include "sysctl.h"

static bool ends(const struct policy *policy, const struct gist *gist)
{
    return policy->process.watch && (gist->fins || gist->resets || gist->closes);
}

static bool ends_unwatched(const struct policy *policy, const struct gist *gist)
{
    return !policy->process.watch && (gist->fins || gist->resets || gist->closes);
}

static bool counts_unwatched(const struct policy *policy, const struct gist *gist)
{
    (void)gist;
    return policy->process.limit && !policy->process.watch;
}

static bool releases_nothing(const struct policy *policy, const struct gist *gist)
{
    (void)policy;
    return gist->releases && !gist->closes;
}

static bool keeps_alive(const struct policy *policy, const struct gist *gist)
{
    (void)policy;
    return gist->keepalive.on == SWITCH_ON;
}

static bool has_user_timeout_too(const struct policy *policy, const struct gist *gist)
{
    return keeps_alive(policy, gist) && gist->user_timeout != UNTOUCHED;
}

static bool linger_resets(const struct policy *policy, const struct gist *gist)
{
    (void)policy;
    return gist->linger_resets;
}

static bool linger_waits(const struct policy *policy, const struct gist *gist)
{
    (void)policy;
    return gist->linger_waits;
}

static bool has_fin_timeout(const struct policy *policy, const struct gist *gist)
{
    (void)policy;
    return gist->fin_timeout != UNTOUCHED;
}

static bool reuses_addresses(const struct policy *policy, const struct gist *gist)
{
    (void)policy;
    return gist->reuseaddr;
}

static bool reads_time_out(const struct policy *policy, const struct gist *gist)
{
    (void)policy;
    return gist->recv_timeout != UNTOUCHED;
}

static bool writes_time_out(const struct policy *policy, const struct gist *gist)
{
    (void)policy;
    return gist->send_timeout != UNTOUCHED;
}

static bool backlog_is_cut(const struct policy *policy, const struct gist *gist)
{
    long most = 0;
    (void)policy;
    return gist->backlog != UNTOUCHED && sysctl_read("core/somaxconn", &most) && gist->backlog > most;
}

static bool beats(const struct policy *policy, const struct gist *gist)
{
    (void)policy;
    return gist->beats;
}

static bool beats_unwatched(const struct policy *policy, const struct gist *gist)
{
    return gist->beats && !policy->process.watch;
}

/* Lines of at most a hundred columns; all but the first are set in. */
static const struct note {
    bool (*holds)(const struct policy *policy, const struct gist *gist);
    const char *text;
} notes[] = {
    {ends,
     "a leak is ended once nothing is queued to send and no other process holds the socket. A peer that\n"
     "      has half-closed and still waits looks like one that is gone: let grace be longer than the "
     "program\n"
     "      ever takes to answer"},
    {ends_unwatched, "with watch=off nothing is ended: that is the watcher's work"},
    {counts_unwatched, "with watch=off nobody counts for limit"},
    {releases_nothing, "release has nothing to give back: no action is close"},
    {keeps_alive,
     "keepalive ends the connection of a peer that has vanished and frees no descriptor: the program must\n"
     "      still close the socket, and is reported where it does not"},
    {has_user_timeout_too,
     "user-timeout beside keepalive replaces its count: probes that are not answered end the\n"
     "      connection once the user-timeout has passed since the peer was last heard"},
    {linger_resets,
     "linger=0 LOSES DATA: close resets the connection and throws away what the peer has not acknowledged"},
    {linger_waits,
     "linger makes close wait until all is acknowledged, or for so long, non-blocking sockets too. It\n"
     "      does not shorten TIME_WAIT, which lasts 60 s whatever is set"},
    {has_fin_timeout,
     "fin-timeout limits FIN_WAIT2 of sockets that the program has closed; it does not shorten CLOSE_WAIT"},
    {reuses_addresses,
     "reuseaddr lets bind take an address that has connections in TIME_WAIT. It removes no CLOSE_WAIT, and\n"
     "      is not net.ipv4.tcp_tw_reuse"},
    {reads_time_out,
     "a read that recv-timeout ends fails with EAGAIN. That is no end of the connection; a program that\n"
     "      takes it for one, or is not prepared for it, fails"},
    {writes_time_out,
     "a write that send-timeout ends returns what was taken, or fails with EAGAIN; so does connect, with\n"
     "      EINPROGRESS. The connection stays"},
    {backlog_is_cut, "backlog is more than net.core.somaxconn: the kernel cuts it to that, and says nothing"},
    {beats, "what the peer answers to a heartbeat lies in the program's receive queue: only for a program "
            "that reads\n"
            "      and can pass over it"},
    {beats_unwatched, "with watch=off no heartbeat is sent: that is the watcher's work"},
};

void print_notes(const struct policy *policy, const struct gist *gist)
{
    for (const struct note *note = notes; note < notes + sizeof notes / sizeof *notes; note++)
        if (note->holds(policy, gist))
            printf("note: %s\n", note->text);
}
