/* Events, as CONTRACT words them. Watcher, or a thread at the program's exit. No libc. */
#ifndef WAITCLOSE_REPORT_H
#define WAITCLOSE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "facts.h"
#include "hints.h"
#include "sockets.h"
#include "verdict.h"
#include "waitclose/policy.h"

/* What the last line of a process counts. */
struct tally {
    uint32_t sockets;
    uint32_t leaks;
    uint32_t by_cause[CAUSES];
    uint32_t healed;
    uint32_t acted;
    uint32_t lost; /* lines that could not be written */
};

/* Constructor only. */
void report_open(const struct process_policy *policy, const char *program);

/* How a line went: an event that finds the log busy is to be reported again later. */
enum report_result { REPORT_DONE, REPORT_BUSY };

enum report_result report_leak(const struct facts *facts, const struct hint_copy *hint,
                               const struct suspect *suspect, const struct verdict *verdict, bool shared);
enum report_result report_healed(const struct suspect *suspect, int64_t now);

/* What was done to it: its action, or "release"; the result is 0 or -errno. */
enum report_result report_action(const struct suspect *suspect, const char *action, long result);

/*
 * The kernel would not take an option that the policy gives, or a heartbeat. Said once: where the log has no
 * room just then the line is lost.
 */
void report_refused(int number, const char *key, long error);

/* So many leak now, as many as the policy's limit. */
enum report_result report_limit(uint32_t leaks);

/* queue and limit: of the accept queue; gone: connections in it whose peers have left. */
enum report_result report_backlog(int number, const struct facts *listener, uintptr_t site, uint32_t gone);
enum report_result report_summary(const struct tally *tally);

/* Lines that could not be written so far; report_give_up: one more will not be offered again. */
uint32_t report_lost(void);
void report_give_up(void);

#endif
