#include "heartbeat.h"

#include <errno.h>

#include "act.h"
#include "bare.h"
#include "look.h"
#include "others.h"
#include "sockets.h"

/*
 * Not on what another process may be using too: it would be sent twice, or into what the other one sends.
 * Without a fork, and born without sockets, there is none that would: what inherits a socket over exec does
 * not know of it.
 */
static bool is_others_too(const struct facts *facts)
{
    return looking.watch->talk->may_share && others_hold(facts->inode);
}

static void beat(struct suspect *suspect)
{
    struct facts facts;
    struct verdict verdict;
    int handle = looking.room->borrow(suspect->number);
    if (handle < 0)
        return;
    if (look_judge(suspect, handle, &facts, &verdict) && verdict.beat && !is_others_too(&facts))
        suspect->beat_result = act_send(handle, verdict.heartbeat.text, verdict.heartbeat.size);
    looking.room->give_back(handle);
}

void heartbeat_send(void)
{
    struct suspect *suspect;
    for (uint32_t position = 0; looking.beats && (suspect = suspects_next_of_all(&position));)
        if (suspect->beat)
            beat(suspect);
}

/* An error is told once for each socket; a reset in answer makes it a leak like any other. */
static void take(struct suspect *suspect, long certain)
{
    long result = certain ? certain : suspect->beat_result;
    suspect->beat = false;
    suspect->beat_result = 0;
    if (certain == -EAGAIN) {
        suspects_set_due(suspect, bare_now()); /* to be looked at again at once */
    } else if (result != 0 && !suspect->beat_failed) {
        suspect->beat_failed = true;
        report_refused(suspect->number, "heartbeat", result);
    }
}

void heartbeat_take(long certain)
{
    struct suspect *suspect;
    for (uint32_t position = 0; looking.beats && (suspect = suspects_next_of_all(&position));)
        if (suspect->beat)
            take(suspect, certain);
    looking.beats = 0;
}
