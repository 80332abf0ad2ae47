/* The library's constructor: what there is to do is read, and made ready for the first TCP socket. */
#include <errno.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "bare.h"
#include "executed.h"
#include "hints.h"
#include "inherited.h"
#include "libc.h"
#include "libc_clock.h"
#include "life.h"
#include "log.h"
#include "next.h"
#include "options.h"
#include "raw.h"
#include "report.h"
#include "site.h"
#include "stack.h"

enum {
    STDERR = 2,
    MEMORY_PART = 64,
    NUMBERS_AT_LEAST = 65536,
    BYTES_A_NUMBER = 64,
};

static struct policy policy;
static bool loaded; /* all that follows is done */

const struct status_life life_shown = {&loaded, &policy, &life_state, &life_talk, &hints_births};

static void say(const char *text)
{
    struct iovec pieces[] = {{"waitclose: ", strlen("waitclose: ")}, {(void *)text, strlen(text)}, {"\n", 1}};
    raw3(SYS_writev, STDERR, (long)pieces, sizeof pieces / sizeof *pieces);
}

/* False: there is nothing to do here, or nothing that we understand; then the program runs untouched. */
static bool read_policy(void)
{
    static struct policy_mistake mistake;
    const char *text = secure_getenv("WAITCLOSE");
    policy_defaults(&policy);
    if (text && !policy_read(&policy, text, "WAITCLOSE", &mistake)) {
        say(mistake.message);
        return false;
    }
    if (policy.help)
        policy_print_table(STDERR);
    return !policy.off && !policy.help;
}

/* What this libc cannot do is refused like any other key that does nothing. */
static bool libc_can(void)
{
    if (policy.process.stack && !stack_ready()) {
        say("stack=: there is no libgcc_s.so.1 to walk stacks with; expected stack=0");
        return false;
    }
    if (policy.process.exitcode && !libc_tells_status()) {
        say("exitcode=: this libc does not tell a library the program's exit status (on_exit(3))");
        return false;
    }
    return true;
}

/*
 * How many descriptor numbers to reserve memory for: plenty beyond the limit of
 * now, which programs raise; but of memory that is limited no more than a small part.
 */
static unsigned numbers(void)
{
    static const int memory_limits[] = {RLIMIT_AS, RLIMIT_DATA};
    struct rlimit limit = {.rlim_cur = NUMBERS_AT_LEAST, .rlim_max = HINTS_MAX};
    getrlimit(RLIMIT_NOFILE, &limit);
    rlim_t most = limit.rlim_cur > NUMBERS_AT_LEAST ? limit.rlim_cur : NUMBERS_AT_LEAST;
    rlim_t bytes = BYTES_A_NUMBER + policy.process.stack * sizeof(uintptr_t);
    most = limit.rlim_max < most ? limit.rlim_max : most;
    most = most < HINTS_MAX ? most : HINTS_MAX;
    for (size_t i = 0; i < sizeof memory_limits / sizeof *memory_limits; i++)
        if (getrlimit(memory_limits[i], &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
            limit.rlim_cur / MEMORY_PART / bytes < most)
            most = limit.rlim_cur / MEMORY_PART / bytes;
    return (unsigned)most;
}

static void begin(void)
{
    const char *name = executed_name();
    next_resolve(); /* whatever comes of the rest: a bare system call is not all that libc's function is */
    if (!libc_is_ours() || !read_policy() || !libc_can())
        return;
    policy_for_program(&policy, name);
    libc_clock_find();
    site_open(0, getauxval(AT_PHDR), getauxval(AT_PHNUM), name);
    log_open(&policy.process, name);
    report_open(&policy.process, name);
    if (!life_open(&policy, numbers()))
        return;
    options_open(&policy, hints_capacity);
    life_begin(inherited_sockets());
}

__attribute__((constructor)) static void load(void)
{
    int saved_errno = errno;
    begin();
    loaded = true;
    errno = saved_errno;
}
