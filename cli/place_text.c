#include "place_text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "build_id.h"
#include "message.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static struct symbol find(struct symbols *symbols, const struct tally_entry *place)
{
    return symbols_find(symbols, place->name, place->build, place->pid, place->first);
}

struct tally_entry place_of_frame(const struct tally_entry *stack, const char *innermost, char *name)
{
    char *build = (char *)build_id_at(name, innermost, stack->build);
    return (struct tally_entry){.name = name, .build = build, .pid = stack->pid, .first = stack->first};
}

/* "accept_one in serve", and whether there is doubt; a new string. */
static char *function_text(const struct symbol *symbol)
{
    return text("%s%s%s%s", symbol->function ? symbol->function : "??", symbol->within ? " in " : "",
                symbol->within ? symbol->within : "", symbol->doubtful ? "?" : "");
}

/* Of a function that was inlined the one around it is told: the line tells the rest. */
char *place_short(struct symbols *symbols, const struct tally_entry *place)
{
    struct symbol symbol = find(symbols, place);
    const char *function = symbol.within ? symbol.within : symbol.function ? symbol.function : "??";
    const char *doubt = symbol.doubtful ? "?" : "";
    char *words;
    if (symbol.source)
        words = text("%s%s (%s:%d)", function, doubt, base_name(symbol.source), symbol.line);
    else if (symbol.function)
        words =
            text("%s%s (%.*s)", function, doubt, (int)(strrchr(place->name, '+') - place->name), place->name);
    else
        words = text("%s", *place->name ? place->name : "(not seen)");
    symbol_free(&symbol);
    return words;
}

char *place_long(struct symbols *symbols, const struct tally_entry *place)
{
    struct symbol symbol = find(symbols, place);
    char *words, *function = function_text(&symbol);
    if (symbol.source)
        words = text("%s at %s:%d, %s", function, symbol.source, symbol.line, place->name);
    else if (symbol.function)
        words = text("%s, %s", function, place->name);
    else
        words = text("%s", *place->name ? place->name : "(not seen)");
    free(function);
    symbol_free(&symbol);
    return words;
}

char *time_text(int64_t ms)
{
    struct tm utc;
    char words[40] = "?";
    time_t seconds = ms / 1000;
    if (ms >= 0 && gmtime_r(&seconds, &utc))
        strftime(words, sizeof words, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text("%s", words);
}
