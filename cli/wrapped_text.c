/* What is said of a wrapped process in words, in a table and in JSON alike. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "message.h"
#include "waitclose.h"
#include "wrapped.h"

const char *wrapped_watcher(const struct wrapped *wrapped)
{
    const struct inside *inside = &wrapped->inside;

    if (inside->aside)
        return "the library stands aside";
    switch (inside->state) {
    case LIFE_IDLE:
        return "not started yet";
    case LIFE_STARTING:
    case LIFE_WATCHED:
        return "on";
    case LIFE_PAUSED:
        return "paused while rights change";
    case LIFE_STOPPED:
        return "stopped for a while";
    case LIFE_BARRED:
        return inside->policy->process.watch ? "no thread to be had" : "off";
    case LIFE_FINISHED:
        break;
    }
    return "the program is ending";
}

char *wrapped_action(const struct held *held)
{
    static const char *const names[] = {
        [ACTION_FIN] = "fin", [ACTION_RESET] = "reset", [ACTION_CLOSE] = "close"};
    const struct suspect *suspect = held->suspect;

    if (!suspect || !suspect->tried || suspect->action < ACTION_FIN)
        return NULL;
    if (suspect->result == 0)
        return text("%s", names[suspect->action]);
    return text("%s: %s", names[suspect->action], error_name(suspect->result));
}

/* Settings as they are written, one behind the other. */
struct writing {
    FILE *out;
    const char *separator;
    char section[2048];
};

static void write_setting(const struct policy_explanation *explanation, void *context)
{
    struct writing *writing = context;

    if (explanation->is_default && !explanation->enforced)
        return;
    if (strcmp(writing->section, explanation->section) != 0) {
        fprintf(writing->out, "%s%s", writing->separator, explanation->section);
        snprintf(writing->section, sizeof writing->section, "%s", explanation->section);
        writing->separator = " ";
    }
    fprintf(writing->out, "%s%s%s=%s", writing->separator, explanation->key, explanation->enforced ? "!" : "",
            explanation->value);
    writing->separator = " ";
}

char *wrapped_policy(const struct wrapped *wrapped)
{
    char *words = NULL;
    size_t size;

    if (wrapped->inside.aside) /* a policy with a mistake is never half in force */
        return text("%s", wrapped->inside.policy->off ? "off" : "none: the library stands aside");
    struct writing writing = {.out = open_memstream(&words, &size), .separator = ""};
    if (!writing.out)
        exit(complain(EXIT_WAITCLOSE, "out of memory"));
    policy_explain(wrapped->inside.policy, write_setting, &writing);
    if (fclose(writing.out) != 0)
        exit(complain(EXIT_WAITCLOSE, "out of memory"));
    return words;
}
