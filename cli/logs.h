/*
 * All the logs of one report, as one run of events.
 *
 * A process's events must come in the order in which they happened. Logs that are
 * JSON are read in the order of their first event's time; of text, which has no time,
 * those that rotation made of one log (log.2.gz, log.1, log; log-20260131) in the order
 * that their names tell.
 */
#ifndef WAITCLOSE_CLI_LOGS_H
#define WAITCLOSE_CLI_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

struct logs;

/* Looks into each, and complains of those that cannot be read. */
struct logs *logs_open(char *const *names, size_t count);

/*
 * The next event, torn ones included; its words hold until the next call.
 * False at the end. Complains of files that turn out to be no logs.
 */
bool logs_next(struct logs *logs, struct event *event);

/* 0, or the exit status after a complaint. */
int logs_status(const struct logs *logs);

void logs_close(struct logs *logs);

#endif
