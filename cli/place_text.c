#include "place_text.h"

#include <string.h>
#include <time.h>

#include "message.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static const char *doubt(const struct symbol *symbol)
{
    return symbol->doubtful ? "?" : "";
}

static struct symbol find(struct symbols *symbols, const struct tally_entry *place)
{
    return symbols_find(symbols, place->name, place->pid, place->first);
}

char *place_short(struct symbols *symbols, const struct tally_entry *place)
{
    struct symbol symbol = find(symbols, place);
    const char *function = symbol.function ? symbol.function : "??";
    char *words;
    if (symbol.source)
        words = text("%s%s (%s:%d)", function, doubt(&symbol), base_name(symbol.source), symbol.line);
    else if (symbol.function)
        words = text("%s%s (%.*s)", function, doubt(&symbol), (int)(strrchr(place->name, '+') - place->name),
                     place->name);
    else
        words = text("%s", *place->name ? place->name : "?");
    symbol_free(&symbol);
    return words;
}

char *place_long(struct symbols *symbols, const struct tally_entry *place)
{
    struct symbol symbol = find(symbols, place);
    const char *function = symbol.function ? symbol.function : "??";
    char *words;
    if (symbol.source)
        words = text("%s%s at %s:%d, %s", function, doubt(&symbol), symbol.source, symbol.line, place->name);
    else if (symbol.function)
        words = text("%s%s, %s", function, doubt(&symbol), place->name);
    else
        words = text("%s", *place->name ? place->name : "?");
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
