/* A report as JSON. Counts have the names that the library's events have, where they have any. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "message.h"
#include "place_text.h"
#include "report_view.h"

static void print_word(FILE *out, const char *key, const char *value)
{
    fprintf(out, ",\"%s\":", key);
    json_string(out, value);
}

static void print_times(FILE *out, int64_t first, int64_t last)
{
    char *from = time_text(first), *to = time_text(last);
    if (first >= 0)
        fprintf(out, ",\"first\":\"%s\",\"last\":\"%s\"", from, to);
    free(from);
    free(to);
}

static void print_counts(FILE *out, const struct counts *counts)
{
    fprintf(out,
            "\"leaks\":%" PRIu64 ",\"open\":%" PRIu64 ",\"healed\":%" PRIu64 ",\"acted\":%" PRIu64
            ",\"exited\":%" PRIu64 ",\"failed\":%" PRIu64,
            counts->leaks, counts->open, counts->healed, counts->acted, counts->exited, counts->failed);
}

static void print_build(FILE *out, const char *build)
{
    if (*build)
        print_word(out, "build", build);
}

/* What is known of a place in code, behind its name. */
static void print_symbol(FILE *out, struct symbols *symbols, const struct tally_entry *place)
{
    struct symbol symbol = symbols_find(symbols, place->name, place->build, place->pid, place->first);
    print_build(out, place->build);
    if (symbol.function)
        print_word(out, "function", symbol.function);
    if (symbol.within)
        print_word(out, "inlined_in", symbol.within);
    if (symbol.source) {
        print_word(out, "file", symbol.source);
        fprintf(out, ",\"line\":%d", symbol.line);
    }
    if (symbol.doubtful && symbol.function)
        fputs(",\"doubtful\":true", out);
    symbol_free(&symbol);
}

static void print_frames(FILE *out, struct symbols *symbols, const struct tally_entry *stack)
{
    char *frames = text("%s", stack->name), *rest = NULL;
    const char *separator = "";
    fputs(",\"frames\":[", out);
    for (char *name = strtok_r(frames, "\n", &rest); name; name = strtok_r(NULL, "\n", &rest)) {
        const struct tally_entry frame = place_of_frame(stack, frames, name);
        fprintf(out, "%s{\"site\":", separator);
        json_string(out, name);
        print_symbol(out, symbols, &frame);
        fputc('}', out);
        separator = ",";
    }
    fputc(']', out);
    free(frames);
}

static void print_entry(FILE *out, struct symbols *symbols, enum dimension by,
                        const struct tally_entry *entry)
{
    fprintf(out, "{\"leaks\":%" PRIu64, entry->count);
    if (by == BY_STACK) {
        print_frames(out, symbols, entry);
    } else {
        print_word(out, "name", entry->name);
        if (by == BY_SITE || by == BY_READER)
            print_symbol(out, symbols, entry);
    }
    fputc('}', out);
}

/* "causes":[{"leaks":12,"name":"eof-unread"},...] */
static void print_parts(FILE *out, struct symbols *symbols, const struct group *group, enum dimension by)
{
    const struct tally_entry **sorted = tally_sorted(&group->parts[by]);
    const char *separator = "";
    fprintf(out, ",\"%ss\":[", dimension_names[by]);
    for (size_t i = 0; sorted[i]; i++) {
        if (!*sorted[i]->name)
            continue;
        fputs(separator, out);
        print_entry(out, symbols, by, sorted[i]);
        separator = ",";
    }
    fputc(']', out);
    free(sorted);
}

static void print_group(FILE *out, struct symbols *symbols, const struct group *group)
{
    fputc('{', out);
    print_counts(out, &group->counts);
    print_word(out, "name", group->name);
    print_build(out, group->build);
    print_times(out, group->first, group->last);
    fprintf(out, ",\"dead_on_accept\":%" PRIu64 ",\"shared\":%" PRIu64, group->dead_on_accept, group->shared);
    for (enum dimension by = 0; by < DIMENSIONS; by++)
        print_parts(out, symbols, group, by);
    fputc('}', out);
}

static void print_files(FILE *out, const struct symbol_file *files)
{
    static const char *const origins[] = {
        [MODULE_GIVEN] = "given",
        [MODULE_MAPPED] = "mapped",
        [MODULE_NAMED] = "named",
        [MODULE_DEBUG] = "debug",
    };
    const char *separator = "";
    fputs(",\"modules\":[", out);
    for (; files; files = files->next) {
        fprintf(out, "%s{\"module\":", separator);
        json_string(out, files->module);
        print_build(out, files->build);
        if (files->path) {
            print_word(out, "path", files->path);
            print_word(out, "found", origins[files->origin]);
            if (files->origin == MODULE_NAMED && files->timed && !*files->build)
                fprintf(out, ",\"changed\":%s", files->changed ? "true" : "false");
            fprintf(out, ",\"other_build\":%s", files->mismatched ? "true" : "false");
        }
        fputc('}', out);
        separator = ",";
    }
    fputc(']', out);
}

void report_print_json(const struct ledger *ledger, struct symbols *symbols, FILE *out)
{
    const struct group **groups = groups_ranked(ledger->groups, ledger->group_count);
    fputc('{', out);
    print_counts(out, &ledger->total);
    fprintf(out, ",\"events\":%" PRIu64, ledger->events);
    print_times(out, ledger->first, ledger->last);
    fprintf(out, ",\"by\":\"%s\",\"groups\":[", dimension_names[ledger->by]);
    for (size_t i = 0; groups[i]; i++) {
        fputs(i ? "," : "", out);
        print_group(out, symbols, groups[i]);
    }
    fputc(']', out);
    print_files(out, symbols_files(symbols));
    fprintf(out,
            ",\"backlog\":%" PRIu64 ",\"limit\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"torn\":%" PRIu64
            ",\"early\":%" PRIu64 "}\n",
            ledger->backlog, ledger->limit, ledger->lost, ledger->torn, ledger->early);
    free(groups);
}
