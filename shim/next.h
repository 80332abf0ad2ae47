/*
 * The functions behind ours: libc's, or another preloaded library's. Until the
 * constructor has looked them up, each is a bare system call, so that hooks work
 * from the first instruction on: other libraries' constructors come before ours,
 * and dlsym may allocate, and so re-enter.
 */
#ifndef WAITCLOSE_NEXT_H
#define WAITCLOSE_NEXT_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

struct next {
#define HOOK(family, returns, name, parameters, arguments, raw, more) returns(*name) parameters;
#include "hooks.def"
#undef HOOK
};

extern struct next next __attribute__((visibility("hidden")));

/* Constructor only. */
void next_resolve(void);

/* What a hook is: visible, under libc's name whatever libc's headers make of it. */
#define HOOK_ENTRY(returns, name, parameters)                                                                \
    returns hook_##name parameters __asm__(#name) __attribute__((visibility("default")));                    \
    returns hook_##name parameters

/*
 * A hook that jumps to what is behind it, unless a glance says otherwise. What is done then is a function of
 * its own, instead + name, that is jumped to as well: so the way past it touches no register and no stack,
 * and its return address is still the program's.
 */
#define HOOK_UNLESS(glance, instead, returns, name, parameters, arguments)                                   \
    HOOK_ENTRY(returns, name, parameters)                                                                    \
    {                                                                                                        \
        if (__builtin_expect(glance, 0))                                                                     \
            return instead##name arguments;                                                                  \
        return next.name arguments;                                                                          \
    }

/* The address in the program that called the hook. */
#define CALLER ((uintptr_t)__builtin_return_address(0))

#endif
