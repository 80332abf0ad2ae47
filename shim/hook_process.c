/* The program's processes: vfork, ends that run no exit handler, and changes of rights. */
#include <errno.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "hints.h"
#include "life.h"
#include "next.h"

/*
 * A jump, and nothing on the stack: the child returns through it first (vfork(2)). Makefile and
 * test hold the compiler to it.
 */
#define HOOK_VFORK(returns, name, parameters, arguments)                                                     \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        atomic_store_explicit(&life_has_vforked, true, memory_order_relaxed);                                \
        return next.name arguments;                                                                          \
    }

#define HOOK_EXIT(returns, name, parameters, arguments)                                                      \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        next.name(life_finish(status));                                                                      \
    }

#define HOOK_RIGHTS(returns, name, parameters, arguments)                                                    \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        life_pause();                                                                                        \
        returns result = next.name arguments;                                                                \
        life_resume();                                                                                       \
        return result;                                                                                       \
    }

/*
 * initgroups(3) looks the user up first: that may take long, and is where a thread can be cancelled. So
 * nothing is held meanwhile, and the watcher follows afterwards.
 */
#define HOOK_FOLLOWED(returns, name, parameters, arguments)                                                  \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        returns result = next.name arguments;                                                                \
        life_pause();                                                                                        \
        life_resume();                                                                                       \
        return result;                                                                                       \
    }

#define HOOK_ALONE(returns, name, parameters, arguments)                                                     \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        life_stop();                                                                                         \
        returns result = next.name arguments;                                                                \
        life_restart();                                                                                      \
        return result;                                                                                       \
    }

#define HOOK_UNSHARE(returns, name, parameters, arguments)                                                   \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        if (flags & CLONE_FILES)                                                                             \
            life_tables_part();                                                                              \
        life_stop();                                                                                         \
        returns result = next.name arguments;                                                                \
        life_restart();                                                                                      \
        return result;                                                                                       \
    }

/* seccomp(2) has two doors; libc has a function for neither but these. */
static void sandbox_comes(void)
{
    atomic_store_explicit(&life_has_sandbox, true, memory_order_relaxed);
}

#define HOOK_PRCTL(returns, name, parameters, arguments)                                                     \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        if (option == PR_SET_SECCOMP)                                                                        \
            sandbox_comes();                                                                                 \
        return next.name arguments;                                                                          \
    }

/* The bare door to calls that have a hook: libpsx, of libcap, takes it. */
#define HOOK_SYSCALL(returns, name, parameters, arguments)                                                   \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        if (__builtin_expect(number == SYS_seccomp, 0))                                                      \
            sandbox_comes();                                                                                 \
        if (__builtin_expect(number == SYS_capset, 0))                                                       \
            return hook_capset((void *)first, (const void *)second);                                         \
        if (__builtin_expect(number == SYS_unshare, 0))                                                      \
            return hook_unshare((int)first);                                                                 \
        if (__builtin_expect(number == SYS_setns, 0))                                                        \
            return hook_setns((int)first, (int)second);                                                      \
        if (__builtin_expect(number == SYS_tkill && second, 0))                                              \
            life_signalled(first);                                                                           \
        if (__builtin_expect(number == SYS_tgkill && third, 0))                                              \
            life_signalled(second);                                                                          \
        return next.name arguments;                                                                          \
    }

#include "hooks_not_here.h"

#define HOOK(family, returns, name, parameters, arguments, raw, more)                                        \
    HOOK_##family(returns, name, parameters, arguments)
#include "hooks.def"
