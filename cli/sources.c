#include "sources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "waitclose.h"

void sources_start(struct sources *sources, int count)
{
    *sources = (struct sources){.options = calloc((size_t)count, sizeof *sources->options)};
    if (!sources->options)
        exit(complain(EXIT_WAITCLOSE, "out of memory"));
}

void sources_end(struct sources *sources)
{
    free(sources->options);
}

static int take_once(const char **place, int option, const char *value, char **arguments)
{
    if (*place)
        return complain(EXIT_WAITCLOSE, "option '-%c' is given twice; try 'waitclose help %s'", option,
                        arguments[0]);
    *place = value;
    return 0;
}

int sources_take(struct sources *sources, int option, const char *value, char **arguments)
{
    switch (option) {
    case 'o':
        sources->options[sources->option_count++] = value;
        return 0;
    case 'f':
        return take_once(&sources->file, option, value, arguments);
    case 'l':
        return take_once(&sources->log, option, value, arguments);
    default:
        return complain_option(option, arguments);
    }
}

/* A value as the policy's grammar wants it: in double quotes, with C escapes. */
static char *quote(const char *value)
{
    char *quoted = NULL;
    size_t size;
    FILE *out = open_memstream(&quoted, &size);

    if (out) {
        fputc('"', out);
        for (const unsigned char *byte = (const unsigned char *)value; *byte; byte++) {
            if (*byte < ' ' || *byte == '"' || *byte == '\\' || *byte == 0x7f)
                fprintf(out, "\\%03o", *byte);
            else
                fputc(*byte, out);
        }
        fputc('"', out);
    }
    if (!out || fclose(out) != 0)
        exit(complain(EXIT_WAITCLOSE, "out of memory"));
    return quoted;
}

/* What goes before "/" and a relative path. */
static char *working_directory(void)
{
    char *directory = getcwd(NULL, 0);
    if (!directory || *directory != '/')
        exit(complain(EXIT_WAITCLOSE, "cannot tell the working directory: %s",
                      strerror(directory ? ENOENT : errno)));
    if (directory[1] == '\0')
        directory[0] = '\0';
    return directory;
}

/* By the time that the library opens it, the program may have changed its directory. */
static char *absolute(const char *path)
{
    if (*path == '/')
        return text("%s", path);
    char *directory = working_directory();
    char *result = text("%s/%s", directory, path);
    free(directory);
    return result;
}

/* A percent sign in a directory's name is not one of the log path's own. */
static char *double_percents(const char *path)
{
    char *doubled = text("%s", "");

    for (size_t length; *path; path += length) {
        char *before = doubled;
        length = *path == '%' ? 1 : strcspn(path, "%");
        doubled = text("%s%.*s%s", before, (int)length, path, *path == '%' ? "%" : "");
        free(before);
    }
    return doubled;
}

static bool add(struct policy *policy, char **whole, const char *source, const char *name)
{
    struct policy_mistake mistake;
    char *before = *whole;

    if (!policy_read(policy, source, name, &mistake)) {
        complain(EXIT_WAITCLOSE, "%s", mistake.message);
        return false;
    }
    /* "[]" ends the section that a source left open, as the end of the source does. */
    *whole = before && *before ? text("%s\n[]\n%s", before, source) : text("%s", source);
    free(before);
    return true;
}

static bool add_file(struct policy *policy, char **whole, const char *path)
{
    char *full = absolute(path);
    char *quoted = quote(full);
    char *source = text("@%s", quoted);
    bool added = add(policy, whole, source, "-f");
    free(source);
    free(quoted);
    free(full);
    return added;
}

/* Only the policy's own reader knows which values of log= are words and which are paths. */
static bool add_log(struct policy *policy, char **whole, const char *log)
{
    struct policy alone;
    policy_defaults(&alone);
    char *nothing = NULL;
    char *quoted = quote(log);
    char *source = text("log=%s", quoted);
    bool added = add(&alone, &nothing, source, "-l");

    if (added && alone.process.log == LOG_FILE && *log != '/') {
        char *directory = working_directory();
        char *literal = double_percents(directory);
        char *path = text("%s/%s", literal, log);
        free(quoted);
        quoted = quote(path);
        free(path);
        free(literal);
        free(directory);
    }
    free(source);
    source = text("log=%s", quoted);
    added = added && add(policy, whole, source, "-l");
    free(source);
    free(quoted);
    free(nothing);
    return added;
}

static bool add_all(const struct sources *sources, struct policy *policy, char **whole)
{
    if (sources->file && !add_file(policy, whole, sources->file))
        return false;
    for (size_t i = 0; i < sources->option_count; i++)
        if (!add(policy, whole, sources->options[i], "-o"))
            return false;
    return !sources->log || add_log(policy, whole, sources->log);
}

int sources_read(const struct sources *sources, struct policy *policy, char **whole)
{
    const char *inherited = getenv("WAITCLOSE");
    bool given = sources->file || sources->option_count > 0 || sources->log;

    *whole = NULL;
    policy_defaults(policy);
    if (inherited && !add(policy, whole, inherited, "WAITCLOSE"))
        return EXIT_WAITCLOSE;
    if (!given || policy->off || policy->help) {
        /* WAITCLOSE=off and =help stand for no policy at all, and yield to whoever gives one. */
        free(*whole);
        *whole = NULL;
    }
    if (!given)
        return 0;
    if (!*whole)
        policy_defaults(policy);
    if (!add_all(sources, policy, whole))
        return EXIT_WAITCLOSE;

    /* Each may be right, and all of them too much. */
    struct policy_mistake mistake;
    policy_defaults(policy);
    if (!policy_read(policy, *whole, "the whole policy", &mistake))
        return complain(EXIT_WAITCLOSE, "%s", mistake.message);
    return 0;
}
