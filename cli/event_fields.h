/* What the two readers of event lines share: which names there are, and where their values go. */
#ifndef WAITCLOSE_CLI_EVENT_FIELDS_H
#define WAITCLOSE_CLI_EVENT_FIELDS_H

#include "event.h"

/* EVENT_NONE where there is no event of that name. */
enum event_kind event_kind_of(const char *name);

/* Take one field. A word stays where it is; what the report does not need is passed over. */
void event_take(struct event *event, const char *name, const char *value);
void event_take_number(struct event *event, const char *name, uint64_t value);
void event_take_true(struct event *event, const char *name);

/*
 * Read a line that ends with NUL. EVENT_TORN is what they can tell to be torn; whether
 * all that belongs to the event is there they leave to event_read.
 */
enum event_kind event_read_text(struct event *event, char *line);
enum event_kind event_read_json(struct event *event, char *line, size_t length);

#endif
