#include "limit.h"

#include <signal.h>

#include "bare.h"
#include "look.h"
#include "raw.h"
#include "report.h"
#include "sockets.h"

static bool reached;       /* and spoken of */
static int64_t refused_at; /* ms: when the log first had no room for it; 0: it had */

void limit_open(void)
{
    reached = false;
    refused_at = 0;
}

/* Whether the log has taken it, or has been waited for long enough. */
static bool tell(uint32_t leaks)
{
    return (!looking.log_is_busy && report_limit(leaks) == REPORT_DONE) || look_given_up(&refused_at);
}

/* To the process, not to our thread, which has every signal blocked (signal(7)). */
static void send_signal(enum limit_signal which)
{
    int process = bare_process();
    if (which != LIMIT_ONLY_SAYS && process)
        raw2(SYS_kill, process, which == LIMIT_TERMINATES ? SIGTERM : SIGABRT);
}

void limit_look(const struct process_policy *policy)
{
    uint32_t leaks = suspects_count(SUSPECT_LEAKED) + suspects_count(SUSPECT_TO_END);
    if (!policy->limit)
        return;
    if (leaks < policy->limit) {
        limit_open();
    } else if (!reached && tell(leaks)) {
        reached = true;
        send_signal(policy->limit_signal);
    }
}
