/*
 * Any bytes as a policy. The input is the policy's text and, behind NUL bytes,
 * the files that @0, @1, ... read: this program's open() takes the place of
 * libc's, so that what is tested is the code as it is shipped, and no input
 * reaches the file system.
 *
 * Whatever is refused must be refused with one printable line. Whatever is
 * accepted must mean the same when it is written as policy_explain explains it.
 */
/* As in policy_parse.c: libc has another open() behind the name otherwise. */
#define _FILE_OFFSET_BITS 64

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "waitclose/policy.h"

static struct policy policy, again;
static const char *files; /* behind the text */
static size_t files_length;

/* The policy as policy_explain tells it, written down again. */
static char rewritten[POLICY_TEXT_MAX + 1];
static size_t rewritten_length; /* more than fits where it was cut */
static char last_section[2048];

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "policy_fuzz: %s\n%s\n", what, rewritten);
    abort();
}

int open(const char *path, int flags, ...)
{
    const char *file = files;
    size_t left = files_length;

    (void)flags;
    for (char name = '0'; file && name <= '9'; name++) {
        const char *end = memchr(file, '\0', left);
        size_t length = end ? (size_t)(end - file) : left;
        if (path[0] == name && path[1] == '\0') {
            int fd = memfd_create("policy", MFD_CLOEXEC);
            require(fd >= 0 && write(fd, file, length) == (ssize_t)length && lseek(fd, 0, SEEK_SET) == 0,
                    "no memory for a file");
            return fd;
        }
        file = end ? end + 1 : NULL;
        left -= length + (end != NULL);
    }
    errno = ENOENT;
    return -1;
}

static void rewrite(const struct policy_explanation *explanation, void *context)
{
    (void)context;
    size_t left = rewritten_length < sizeof rewritten ? sizeof rewritten - rewritten_length : 0;
    char *at = rewritten + sizeof rewritten - left;
    bool new_section = strcmp(explanation->section, last_section) != 0;

    if (explanation->is_default)
        return;
    require(strlen(explanation->section) < sizeof last_section, "a section that is too long");
    snprintf(last_section, sizeof last_section, "%s", explanation->section);
    rewritten_length +=
        (size_t)snprintf(at, left, "%s%s%s=%s\n", new_section ? last_section : "", explanation->key,
                         explanation->enforced ? "!" : "", explanation->value);
}

static bool same_settings(const struct subject *subject)
{
    struct socket_policy one = policy_choose(&policy, subject);
    struct socket_policy other = policy_choose(&again, subject);

    return one.action == other.action && one.grace == other.grace && one.unread_grace == other.unread_grace &&
           one.idle == other.idle && one.release == other.release &&
           memcmp(&one.heartbeat, &other.heartbeat, sizeof one.heartbeat) == 0;
}

static bool same_options(const struct subject *subject)
{
    struct socket_options one = policy_options(&policy, subject), other = policy_options(&again, subject);

    return memcmp(&one, &other, sizeof one) == 0;
}

/* Sockets that some section of the policy holds for: made of its own selectors. */
static struct subject subject_for(const struct selectors *selectors, enum direction direction)
{
    struct subject subject = {.direction = selectors->direction ? selectors->direction : direction,
                              .cause = selectors->cause,
                              .local = selectors->local.base,
                              .peer = selectors->peer.base};
    subject.local.port = selectors->port_low;
    subject.peer.port = selectors->port_high;
    return subject;
}

static void check_accepted(void)
{
    struct policy_mistake mistake;

    require(policy.rule_count <= POLICY_RULES_MAX, "too many rules");
    rewritten[0] = last_section[0] = '\0';
    rewritten_length = 0;
    policy_explain(&policy, rewrite, NULL);
    /* An escaped path can be too long to be shown whole. */
    if (rewritten_length >= sizeof rewritten || strlen(policy.process.log_path) > POLICY_PATH_MAX / 5)
        return;

    policy_defaults(&again);
    if (!policy_read(&again, rewritten, "again", &mistake))
        require(false, mistake.message);
    require(memcmp(&policy.process.log_path, &again.process.log_path, strlen(policy.process.log_path) + 1) ==
                    0 &&
                policy.process.log == again.process.log && policy.process.format == again.process.format &&
                policy.process.interval == again.process.interval &&
                policy.process.watch == again.process.watch && policy.process.stack == again.process.stack &&
                policy.process.exitcode == again.process.exitcode &&
                policy.process.limit == again.process.limit &&
                policy.process.limit_signal == again.process.limit_signal &&
                policy.process.summary == again.process.summary,
            "another process policy when it is written again");

    for (size_t i = 0; i < policy.rule_count; i++) {
        for (enum direction direction = DIRECTION_UNKNOWN; direction <= DIRECTION_OUT; direction++) {
            struct subject subject = subject_for(&policy.rules[i].selectors, direction);
            require(same_settings(&subject), "another socket policy when it is written again");
            require(same_options(&subject), "other socket options when they are written again");
        }
    }
    policy_for_program(&policy, "java");
}

static void check_refused(const struct policy_mistake *mistake)
{
    require(strncmp(mistake->message, "fuzz:", 5) == 0 ||
                (mistake->message[0] >= '0' && mistake->message[1] == ':'),
            "a mistake without a source");
    require(strstr(mistake->message, "expected ") != NULL, "a mistake that does not say what was expected");
    require(strlen(mistake->message) < sizeof mistake->message - 1, "a mistake that was cut");
    for (const char *at = mistake->message; *at; at++)
        require(*at >= ' ' && *at <= '~', "a mistake that is not printable");
}

/* Makes sure that no input reaches the file system before there is one. */
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    struct policy_mistake mistake;

    (void)count;
    (void)arguments;
    files = "stack=7";
    files_length = strlen(files);
    policy_defaults(&policy);
    require(policy_read(&policy, "@0", "fuzz", &mistake) && policy.process.stack == 7, "open() is not ours");
    require(!policy_read(&policy, "@/proc/self/exe", "fuzz", &mistake), "open() is not ours");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy_mistake mistake = {""};
    char *text = malloc(size + 1); /* of this very length, so that reading behind it is noticed */

    require(text != NULL, "no memory");
    memcpy(text, data, size);
    text[size] = '\0';
    size_t length = strlen(text);
    files = length < size ? text + length + 1 : NULL;
    files_length = files ? size - length - 1 : 0;
    /* Files that read each other several times over would take for ever; it is depth that ends a recursion.
     */
    size_t includes = 0;
    for (size_t i = length; i < size; i++)
        includes += text[i] == '@';

    if (includes <= 2) {
        policy_defaults(&policy);
        if (policy_read(&policy, text, "fuzz", &mistake))
            check_accepted();
        else
            check_refused(&mistake);
    }
    free(text);
    return 0;
}
