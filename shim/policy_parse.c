/*
 * Reads a policy: settings, sections, and files.
 *
 * The text is never changed and nothing is built from it but the policy
 * itself, so reading can stop at the first mistake without tidying up.
 */
/* Where a program is 32 bits wide, fstat fails on a large inode number otherwise. */
#define _FILE_OFFSET_BITS 64

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy_keys.h"
#include "policy_reader.h"

struct file {
    char path[POLICY_PATH_MAX];
    char text[POLICY_TEXT_MAX + 1]; /* with the byte that ends it: a file that fills it all is too large */
};

/* The keys that would do, for a message. */
struct key_list {
    char text[512];
};

static struct key_list listed(unsigned scopes)
{
    struct key_list list = {""};
    size_t used = 0;

    for (const struct policy_key *key = policy_keys; key < policy_keys + POLICY_KEYS; key++)
        if (key->scope & scopes)
            used += (size_t)snprintf(list.text + used, sizeof list.text - used, "%s%s", used ? ", " : "",
                                     key->name);
    return list;
}

/* What may stand where the reader is. */
static unsigned allowed(const struct reader *reader)
{
    return reader->in_section ? SCOPE_SOCKET : SCOPE_SETTING;
}

static bool unknown(const struct reader *reader, const struct key_token *token, unsigned scopes)
{
    const char *kind = scopes == SCOPE_SELECTOR ? "selector" : "key";
    const struct policy_key *near = policy_key_nearest(token->text, token->length, scopes);
    struct excerpt name = excerpt(token->text, token->length);

    if (near)
        return reader_mistaken(reader, token->text,
                               "unknown %s '%s' (did you mean '%s'?); expected one of %s", kind, name.text,
                               near->name, listed(scopes).text);
    return reader_mistaken(reader, token->text, "unknown %s '%s'; expected one of %s", kind, name.text,
                           listed(scopes).text);
}

static bool read_field(struct reader *reader, const struct key_token *token, const struct policy_key *key,
                       void *fields)
{
    const char *where = reader->at;

    if (!token->assigned)
        return reader_mistaken(reader, token->text, "no '=' right after '%s'; expected %s=VALUE", key->name,
                               key->name);
    if (token->enforced && (!key->option || key->bit == OPTION_BACKLOG))
        return reader_mistaken(reader, token->text,
                               "'%s' is not a socket option and cannot be enforced; expected %s=VALUE",
                               key->name, key->name);
    if (!reader_value(reader, key->scope == SCOPE_SELECTOR))
        return false;
    if (reader->value[0] == '\0')
        return reader_mistaken(reader, where, "no value for '%s'; expected %s", key->name, key->values);

    struct excerpt value = excerpt(reader->value, strlen(reader->value));
    if (policy_key_set(key, fields, reader->value))
        return true;
    return reader_mistaken(reader, where, "'%s' is no value for '%s'; expected %s", value.text, key->name,
                           key->values);
}

static bool read_selector(struct reader *reader, struct selectors *selectors, uint32_t *seen)
{
    struct key_token token;
    if (!reader_key(reader, &token))
        return false;

    const struct policy_key *key = policy_key_find(token.text, token.length, SCOPE_SELECTOR);
    if (!key && policy_key_find(token.text, token.length, SCOPE_SETTING))
        return reader_mistaken(reader, token.text, "'%s' is a setting, not a selector; expected one of %s",
                               excerpt(token.text, token.length).text, listed(SCOPE_SELECTOR).text);
    if (!key)
        return unknown(reader, &token, SCOPE_SELECTOR);

    uint32_t bit = UINT32_C(1) << (key - policy_keys);
    if (*seen & bit)
        return reader_mistaken(reader, token.text, "'%s' twice in a section; expected each selector once",
                               key->name);
    *seen |= bit;
    return read_field(reader, &token, key, selectors);
}

static bool read_section(struct reader *reader)
{
    const char *open = reader->at;
    struct selectors selectors = {0};
    uint32_t seen = 0;

    for (reader->at = reader_skip(open + 1); *reader->at != ']'; reader->at = reader_skip(reader->at)) {
        if (*reader->at == '\0')
            return reader_mistaken(reader, open,
                                   "a section that does not end; expected ']' after its selectors");
        if (!read_selector(reader, &selectors, &seen))
            return false;
    }
    reader->at++;
    reader->in_section = seen != 0;
    reader->selectors = selectors;
    reader->rule = NULL;
    return true;
}

/* The settings of the section, or NULL where the policy is full. */
static struct rule *settings(struct reader *reader)
{
    struct policy *policy = reader->policy;

    if (!reader->rule) {
        if (policy->rule_count == POLICY_RULES_MAX)
            return NULL;
        reader->rule = &policy->rules[policy->rule_count++];
        *reader->rule = (struct rule){.selectors = reader->selectors};
    }
    return reader->rule;
}

/* What would do nothing where it stands is refused, like any other mistake. */
static bool fits_section(const struct reader *reader, const struct key_token *token,
                         const struct policy_key *key)
{
    const struct selectors *selectors = &reader->selectors;
    bool narrow = selectors->direction != DIRECTION_UNKNOWN || selectors->port_given ||
                  selectors->peer.base.family != ADDRESS_NONE || selectors->local.base.family != ADDRESS_NONE;

    if (key->option && selectors->cause != CAUSE_NONE)
        return reader_mistaken(reader, token->text,
                               "'%s' in a section with cause=: a socket gets its options before it leaks; "
                               "expected a section without cause=",
                               key->name);
    if (key->option && key->bit == OPTION_REUSEADDR && narrow)
        return reader_mistaken(reader, token->text,
                               "'reuseaddr' in a section that waits for an address: it has to be set before "
                               "bind(); expected it before the first section, or under exe= alone");
    if (!key->option && key->bit == SOCKET_HEARTBEAT && !selectors->port_given)
        return reader_mistaken(
            reader, token->text,
            "'heartbeat' without a port: what is sent must suit the service; expected it in "
            "a section with port=");
    return true;
}

static void note_given(struct rule *rule, const struct policy_key *key, bool enforced)
{
    struct socket_options *options = &rule->values.options;
    uint32_t bit = 1u << key->bit;

    if (!key->option) {
        rule->given |= bit;
        return;
    }
    options->given |= bit;
    options->enforced = enforced ? options->enforced | bit : options->enforced & ~bit;
}

static bool read_setting(struct reader *reader)
{
    struct key_token token;
    if (!reader_key(reader, &token))
        return false;

    const struct policy_key *key = policy_key_find(token.text, token.length, SCOPE_SETTING);
    struct excerpt name = excerpt(token.text, token.length);
    if (!key && !token.assigned && (strcmp(name.text, "off") == 0 || strcmp(name.text, "help") == 0))
        return reader_mistaken(reader, token.text,
                               "'%s' beside other things; expected it alone, as the whole policy", name.text);
    if (!key && policy_key_find(token.text, token.length, SCOPE_SELECTOR))
        return reader_mistaken(reader, token.text,
                               "'%s' is a selector; expected it in brackets, as [%s=VALUE]", name.text,
                               name.text);
    if (!key)
        return unknown(reader, &token, allowed(reader));
    if (key->scope == SCOPE_PROCESS) {
        if (reader->in_section)
            return reader_mistaken(
                reader, token.text,
                "'%s' inside a section: process keys go before the first section; expected one of %s",
                key->name, listed(SCOPE_SOCKET).text);
        return read_field(reader, &token, key, &reader->policy->process);
    }

    if (!fits_section(reader, &token, key))
        return false;
    struct rule *rule = settings(reader);
    if (!rule)
        return reader_mistaken(reader, token.text, "too many sections; expected at most %d",
                               POLICY_RULES_MAX);
    note_given(rule, key, token.enforced);
    return read_field(reader, &token, key, &rule->values);
}

static const char *read_all(int fd, struct file *file, size_t *length)
{
    struct stat status;
    ssize_t got;

    if (fstat(fd, &status) != 0)
        return strerror(errno);
    /* Every process reads the policy anew: a pipe would serve the first alone. */
    if (!S_ISREG(status.st_mode))
        return "not a regular file";
    *length = 0;
    while ((got = read(fd, file->text + *length, sizeof file->text - *length)) > 0)
        *length += (size_t)got;
    if (got < 0)
        return strerror(errno);
    if (*length == sizeof file->text)
        return "larger than 65536 bytes";
    file->text[*length] = '\0';
    return NULL;
}

/* Fills the file in; returns what went wrong, or NULL. */
static const char *load(struct file *file, const char *path, size_t *length)
{
    size_t size = strlen(path) + 1;
    if (size > sizeof file->path)
        return strerror(ENAMETOOLONG);
    memcpy(file->path, path, size);

    /* O_NONBLOCK: opening a pipe must not stop the program. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return strerror(errno);
    const char *problem = read_all(fd, file, length);
    close(fd);
    return problem;
}

static bool read_text(struct reader *reader);

/* Reads a file, outside any section; `where` is what asked for it. */
static bool read_file(const struct reader *asking, const char *where, const char *path, unsigned depth)
{
    struct file *file = malloc(sizeof *file);
    if (!file)
        return reader_mistaken(asking, where, "no memory for a file; expected %zu bytes", sizeof *file);

    size_t length = 0;
    const char *problem = load(file, path, &length);
    const char *zero = problem ? NULL : memchr(file->text, '\0', length);
    struct reader reader = {.policy = asking->policy,
                            .mistake = asking->mistake,
                            .value = asking->value,
                            .source = file->path,
                            .text = file->text,
                            .at = file->text,
                            .depth = depth};
    bool taken;
    if (problem)
        taken = reader_mistaken(asking, where, "cannot read '%s': %s; expected a file with a policy",
                                excerpt(path, strlen(path)).text, problem);
    else if (zero)
        taken = reader_mistaken(&reader, zero, "a NUL byte; expected text");
    else
        taken = read_text(&reader);
    free(file);
    return taken;
}

static bool read_include(struct reader *reader)
{
    const char *where = reader->at++;

    if (!reader_value(reader, false))
        return false;
    if (reader->value[0] == '\0')
        return reader_mistaken(reader, where, "'@' without a file; expected @FILE");
    if (reader->depth == POLICY_DEPTH_MAX)
        return reader_mistaken(reader, where,
                               "files within files deeper than %d: does one read itself?; expected fewer",
                               POLICY_DEPTH_MAX);
    reader->rule = NULL; /* what follows the file comes later than what is in it */
    return read_file(reader, where, reader->value, reader->depth + 1);
}

/* Whether the text holds that word and nothing more. */
static bool is_alone(const char *text, const char *word)
{
    const char *at = reader_skip(text);
    return strncmp(at, word, strlen(word)) == 0 && *reader_skip(at + strlen(word)) == '\0';
}

static bool read_text(struct reader *reader)
{
    bool off = reader->depth == 0 && is_alone(reader->text, "off");
    bool help = reader->depth == 0 && is_alone(reader->text, "help");
    if (off)
        reader->policy->off = true;
    if (help)
        reader->policy->help = true;
    if (off || help)
        return true;

    for (reader->at = reader_skip(reader->text); *reader->at; reader->at = reader_skip(reader->at)) {
        bool taken = *reader->at == '['   ? read_section(reader)
                     : *reader->at == '@' ? read_include(reader)
                                          : read_setting(reader);
        if (!taken)
            return false;
    }
    return true;
}

void policy_defaults(struct policy *policy)
{
    /* The rules are left as they are, for there are none: every program that loads the library would pay for
     * their pages. */
    policy->off = policy->help = false;
    policy->rule_count = 0;
    policy->process.log = LOG_STDERR;
    policy->process.log_path[0] = '\0';
    policy->process.format = FORMAT_TEXT;
    policy->process.interval = 1000;
    policy->process.watch = true;
    policy->process.stack = policy->process.exitcode = 0;
    policy->process.limit = 0;
    policy->process.limit_signal = LIMIT_ONLY_SAYS;
    policy->process.summary = SUMMARY_LEAKS;
}

bool policy_read(struct policy *policy, const char *text, const char *source, struct policy_mistake *mistake)
{
    char value[POLICY_PATH_MAX];
    struct reader reader = {
        .policy = policy, .mistake = mistake, .value = value, .source = source, .text = text, .at = text};

    if (strlen(text) > POLICY_TEXT_MAX)
        return reader_mistaken(&reader, text, "a policy longer than %d bytes; expected a shorter one",
                               POLICY_TEXT_MAX);
    return read_text(&reader);
}

bool policy_read_file(struct policy *policy, const char *path, struct policy_mistake *mistake)
{
    char value[POLICY_PATH_MAX];
    struct reader reader = {
        .policy = policy, .mistake = mistake, .value = value, .source = path, .text = "", .at = ""};

    return read_file(&reader, reader.text, path, 0);
}

void policy_for_program(struct policy *policy, const char *program)
{
    size_t kept = 0;

    for (size_t i = 0; i < policy->rule_count; i++) {
        const char *exe = policy->rules[i].selectors.exe;
        if (exe[0] == '\0' || fnmatch(exe, program, 0) == 0)
            policy->rules[kept++] = policy->rules[i];
    }
    policy->rule_count = kept;
}
