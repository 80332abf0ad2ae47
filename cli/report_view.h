/* A report as people read it, and as programs do. */
#ifndef WAITCLOSE_CLI_REPORT_VIEW_H
#define WAITCLOSE_CLI_REPORT_VIEW_H

#include <stdio.h>

#include "ledger.h"
#include "symbols.h"

/* "site" and so on, by enum dimension. */
extern const char *const dimension_names[DIMENSIONS];

/* A line for each group, the worst first, and what there is to know of the worst few. */
void report_print(const struct ledger *ledger, struct symbols *symbols, FILE *out);

/* One JSON document, on one line, with everything. */
void report_print_json(const struct ledger *ledger, struct symbols *symbols, FILE *out);

#endif
