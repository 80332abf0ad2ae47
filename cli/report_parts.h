/* The parts of a report for people: its table, what is told of one group, and of the files that symbols are
 * from. */
#ifndef WAITCLOSE_CLI_REPORT_PARTS_H
#define WAITCLOSE_CLI_REPORT_PARTS_H

#include <stdbool.h>

#include "report_view.h"

struct report_view {
    const struct ledger *ledger;
    struct symbols *symbols;
    FILE *out;
};

/* A name of that kind, for a column, or whole; a new string. */
char *report_name(const struct report_view *view, enum dimension by, const struct tally_entry *entry,
                  bool whole);

void report_print_table(const struct report_view *view, const struct group **groups);

void report_print_details(const struct report_view *view, const struct group *group, size_t rank);

/* Where the symbols are from that have been printed, and how sure they are. */
void report_print_files(const struct report_view *view);

#endif
