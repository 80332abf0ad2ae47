#include "scribe.h"

#include "bare.h"
#include "table.h"
#include "thread.h"

enum job { JOB_NONE, JOB_GIVEN, JOB_DONE, JOB_LEAVE };

static uint32_t job; /* enum job, a futex; the helper moves it from GIVEN to DONE */
static uint32_t alive;
static void *stack;
static bool barred;
static void (*function)(void *argument, bool keeps);
static void *argument;

static uint32_t now(void)
{
    return __atomic_load_n(&job, __ATOMIC_ACQUIRE);
}

static void set(enum job next)
{
    __atomic_store_n(&job, next, __ATOMIC_RELEASE);
    bare_wake(&job);
}

static void work(void *unused)
{
    (void)unused;
    if (!table_leave()) {
        set(JOB_LEAVE);
        return;
    }
    for (;;) {
        uint32_t found = now();
        if (found == JOB_LEAVE)
            return;
        if (found == JOB_GIVEN) {
            function(argument, true);
            set(JOB_DONE);
        } else {
            bare_wait(&job, found, INT32_MAX);
        }
    }
}

void scribe_forget(void)
{
    job = JOB_NONE;
    alive = 0;
    stack = NULL;
    barred = false;
}

static bool start(void)
{
    if (alive || barred)
        return !barred;
    stack = bare_memory(THREAD_STACK, false);
    job = JOB_NONE;
    barred = !stack || !thread_start(work, NULL, stack, &alive, THREAD_SHARES_TABLE);
    return !barred;
}

bool scribe_do(void (*errand)(void *argument, bool keeps), void *its_argument)
{
    if (!start())
        return false;
    function = errand;
    argument = its_argument;
    if (now() == JOB_LEAVE) { /* it could not leave the program's table */
        barred = true;
        return false;
    }
    uint32_t none = now();
    if (!__atomic_compare_exchange_n(&job, &none, JOB_GIVEN, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return false;
    bare_wake(&job);
    while (now() == JOB_GIVEN)
        bare_wait(&job, JOB_GIVEN, INT32_MAX);
    barred = now() == JOB_LEAVE;
    return !barred;
}

bool scribe_present(void)
{
    return alive && !barred;
}

void scribe_dismiss(void)
{
    if (!stack)
        return;
    uint32_t thread = __atomic_load_n(&alive, __ATOMIC_ACQUIRE);
    set(JOB_LEAVE);
    while (!thread_wait(&alive, INT32_MAX))
        ;
    if (thread)
        thread_wait_gone(thread);
    bare_memory_free(stack, THREAD_STACK);
    scribe_forget();
}
