/* What a policy comes to, setting by setting, in words for the operator. */
#include <stdio.h>
#include <string.h>

#include "policy_keys.h"

/* A meaning around its value: before, value, after; without `after` the value is not repeated. */
struct sentence {
    const char *key;
    const char *value; /* NULL: any other; "*:term": any that ends so */
    const char *before, *after;
};

/* The first that fits is taken. */
static const struct sentence sentences[] = {
    {"log", "stderr", "events go to the program's standard error", NULL},
    {"log", "none", "events go nowhere", NULL},
    {"log", "syslog", "events go to syslog", NULL},
    {"log", "journal", "events go to the journal", NULL},
    {"log", NULL, "events are appended to this file; each process fills in its %p and %e", NULL},
    {"format", "text", "an event is a line of logfmt text", NULL},
    {"format", "json", "an event is a JSON object on a line", NULL},
    {"interval", NULL, "the watcher looks every ", ""},
    {"watch", "on", "a watcher thread looks for leaks while the program runs", NULL},
    {"watch", "off", "no watcher thread: leaks are reported only when the program exits", NULL},
    {"stack", "0", "a report gives the call site that made the socket, without its callers", NULL},
    {"stack", NULL, "a report gives up to ", " frames of the stack that made the socket"},
    {"exitcode", "none", "the program's exit status stays its own", NULL},
    {"exitcode", NULL, "a program that leaked and would have exited with 0 exits with ", ""},
    {"limit", "none", "however many sockets leak, the process is left alone", NULL},
    {"limit", "*:term", "that many leaks at once are reported, and the process gets SIGTERM", NULL},
    {"limit", "*:abort", "that many leaks at once are reported, and the process gets SIGABRT", NULL},
    {"limit", NULL, "", " leaks at once are reported, once until there are fewer again"},
    {"summary", "off", "no last line when the program ends", NULL},
    {"summary", "on", "a last line with the counts when the program ends", NULL},
    {"summary", "leaks", "a last line with the counts when the program ends, if anything leaked", NULL},
    {"action", "ignore", "a leak is not reported, and nothing is done to the socket", NULL},
    {"action", "report", "a leak is reported, and nothing is done to the socket", NULL},
    {"action", "fin",
     "a leak is reported, and its connection ended with a FIN; what is unread stays readable", NULL},
    {"action", "reset", "a leak is reported, and its connection ended with an RST", NULL},
    {"action", "close",
     "a leak is reported, its connection ended with a FIN, what is unread dropped, and the socket taken out "
     "of every epoll; its number stays taken",
     NULL},
    {"release", "never",
     "a number whose socket action=close has ended stays taken until the program closes it", NULL},
    {"release", "emfile",
     "when the program finds no free number for a socket, one whose socket action=close has ended is given "
     "back; a stale close by the program can then hit a new file",
     NULL},
    {"release", NULL, "a number is given back when the program makes its next socket, ",
     " after action=close has ended its socket; a stale close by the program can then hit a new file"},
    {"heartbeat", "off", "nothing is sent on quiet connections", NULL},
    {"heartbeat", NULL,
     "the text is sent on a connection on which nothing has passed for so long; what the peer answers "
     "is for the program to read",
     NULL},
    {"keepalive", "untouched", "keepalive stays as the program sets it", NULL},
    {"keepalive", "off", "no keepalive probes", NULL},
    {"keepalive", NULL,
     "probes after so many seconds without data, so many seconds apart; after so many without "
     "an answer the connection is reset",
     NULL},
    {"user-timeout", "untouched", "data may wait for their acknowledgement as long as the system lets them",
     NULL},
    {"user-timeout", NULL, "a connection whose data are not acknowledged within ",
     " is reset; replaces keepalive's count"},
    {"linger", "untouched", "close() ends a connection as the program has it", NULL},
    {"linger", "off", "close() returns at once, and what is queued is still sent", NULL},
    {"linger", "0",
     "close() resets the connection: what is queued is LOST, and so is what the peer has not read yet", NULL},
    {"linger", NULL, "close() waits for what is queued, so many seconds at most; TIME_WAIT stays 60 s", NULL},
    {"fin-timeout", "untouched", "a closed connection waits for the peer's FIN as long as the system lets it",
     NULL},
    {"fin-timeout", NULL, "a closed connection waits for the peer's FIN (FIN_WAIT2) so many seconds at most",
     NULL},
    {"reuseaddr", "untouched", "bind() asks for its address as the program has it", NULL},
    {"reuseaddr", "on",
     "bind() takes an address that still has connections in TIME_WAIT; CLOSE_WAIT is not touched", NULL},
    {"reuseaddr", "off", "bind() does not take an address that still has connections in TIME_WAIT", NULL},
    {"nodelay", "untouched", "small segments are sent as the program has it", NULL},
    {"nodelay", "on", "small segments are sent at once", NULL},
    {"nodelay", "off", "small segments wait for an acknowledgement (Nagle)", NULL},
    {"recv-timeout", "untouched", "a blocking read waits as the program has it", NULL},
    {"recv-timeout", NULL, "a blocking read that has waited for ",
     " fails with EAGAIN; that is no end of the connection"},
    {"send-timeout", "untouched", "a blocking write waits as the program has it", NULL},
    {"send-timeout", NULL, "a blocking write or connect that has waited for ",
     " fails (EAGAIN, EINPROGRESS)"},
    {"backlog", "untouched", "listen() asks for the accept queue that the program wants", NULL},
    {"backlog", NULL, "listen() asks for room for so many connections; net.core.somaxconn still bounds it",
     NULL},
    {"grace", "0s", "a socket is a leak as soon as its peer's FIN has come and nothing was sent since", NULL},
    {"grace", NULL, "a socket is a leak once its peer's FIN is ", " old and nothing was sent since"},
    {"unread-grace", "off", "a socket with data left unread is not a leak, however old its peer's FIN", NULL},
    {"unread-grace", "0s",
     "a socket with data left unread is a leak as soon as its peer's FIN has come and nothing was sent since",
     NULL},
    {"unread-grace", NULL, "a socket with data left unread is a leak once its peer's FIN is ",
     " old and nothing was sent since"},
    {"idle", "off", "a connection without a FIN may stay quiet for ever", NULL},
    {"idle", NULL, "a connection without a FIN is a leak once no data has passed either way for ", ""},
};

struct explaining {
    policy_explained *each;
    void *context;
    char section[2048];
    char value[POLICY_PATH_MAX];
    char meaning[256];
};

static bool speaks_of(const struct sentence *sentence, const char *key, const char *value)
{
    const char *wanted = sentence->value;

    if (strcmp(sentence->key, key) != 0)
        return false;
    if (!wanted || strcmp(wanted, value) == 0)
        return true;
    size_t length = strlen(wanted) - 1;
    return wanted[0] == '*' && strlen(value) >= length &&
           strcmp(wanted + 1, value + strlen(value) - length) == 0;
}

static void explain(struct explaining *explaining, const struct policy_key *key, const void *fields, bool top,
                    bool enforced)
{
    const struct sentence *sentence = sentences;
    policy_key_format(key, fields, explaining->value, sizeof explaining->value);
    while (!speaks_of(sentence, key->name, explaining->value))
        sentence++;
    /* What is repeated is a number or a duration, and short. */
    snprintf(explaining->meaning, sizeof explaining->meaning, "%s%.*s%s", sentence->before,
             sentence->after ? 32 : 0, explaining->value, sentence->after ? sentence->after : "");

    struct policy_explanation explanation = {
        .section = explaining->section,
        .key = key->name,
        .value = explaining->value,
        .meaning = explaining->meaning,
        .is_default = top && strcmp(explaining->value, key->fallback) == 0,
        .enforced = enforced,
    };
    explaining->each(&explanation, explaining->context);
}

/* The selectors as they would be written, "[dir=out port=6379]"; "" where there are none. */
static void format_section(const struct selectors *selectors, char *buffer, size_t size)
{
    size_t used = 0;
    char value[1200]; /* a pattern of 255 bytes, escaped */

    buffer[0] = '\0';
    for (const struct policy_key *key = policy_keys; key < policy_keys + POLICY_KEYS; key++) {
        if (key->scope != SCOPE_SELECTOR)
            continue;
        policy_key_format(key, selectors, value, sizeof value);
        if (value[0] != '\0')
            used +=
                (size_t)snprintf(buffer + used, size - used, "%s%s=%s", used ? " " : "[", key->name, value);
    }
    if (used)
        snprintf(buffer + used, size - used, "]");
}

static bool for_every_socket(const struct rule *rule)
{
    const struct selectors *selectors = &rule->selectors;

    return selectors->exe[0] == '\0' && selectors->direction == DIRECTION_UNKNOWN &&
           selectors->peer.base.family == ADDRESS_NONE && selectors->local.base.family == ADDRESS_NONE &&
           !selectors->port_given && selectors->cause == CAUSE_NONE;
}

static bool gives(const struct rule *rule, const struct policy_key *key)
{
    return (key->option ? rule->values.options.given : rule->given) & 1u << key->bit;
}

static bool enforces(const struct socket_policy *settings, const struct policy_key *key)
{
    return key->option && settings->options.enforced & 1u << key->bit;
}

/* The settings that hold for a key where no section matches. */
static const struct socket_policy *at_top(const struct policy *policy, const struct policy_key *key)
{
    const struct socket_policy *settings = &socket_defaults;

    for (const struct rule *rule = policy->rules; rule < policy->rules + policy->rule_count; rule++)
        if (for_every_socket(rule) && gives(rule, key))
            settings = &rule->values;
    return settings;
}

/* Whether a section gives the key, and no later setting for every socket takes it back. */
static bool in_force(const struct policy *policy, const struct rule *section, const struct policy_key *key)
{
    for (const struct rule *rule = section + 1; rule < policy->rules + policy->rule_count; rule++)
        if (for_every_socket(rule) && gives(rule, key))
            return false;
    return gives(section, key) && !for_every_socket(section);
}

void policy_explain(const struct policy *policy, policy_explained *each, void *context)
{
    const struct policy_key *end = policy_keys + POLICY_KEYS;
    struct explaining explaining = {.each = each, .context = context};

    for (const struct policy_key *key = policy_keys; key < end; key++)
        if (key->scope == SCOPE_PROCESS)
            explain(&explaining, key, &policy->process, true, false);
    for (const struct policy_key *key = policy_keys; key < end; key++) {
        const struct socket_policy *settings = at_top(policy, key);
        if (key->scope == SCOPE_SOCKET)
            explain(&explaining, key, settings, true, enforces(settings, key));
    }

    for (const struct rule *rule = policy->rules; rule < policy->rules + policy->rule_count; rule++) {
        format_section(&rule->selectors, explaining.section, sizeof explaining.section);
        for (const struct policy_key *key = policy_keys; key < end; key++)
            if (key->scope == SCOPE_SOCKET && in_force(policy, rule, key))
                explain(&explaining, key, &rule->values, false, enforces(&rule->values, key));
    }
}
