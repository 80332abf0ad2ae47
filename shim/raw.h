/*
 * System calls without libc.
 *
 * The watcher is a bare thread whose thread pointer is a stranger's, so libc's
 * wrappers, which write errno through it, are not for it. These return the
 * kernel's own answer: a value, or -errno (syscall(2), "Architecture calling
 * conventions"). Callable from anywhere, signal handlers and vfork children included.
 */
#ifndef WAITCLOSE_RAW_H
#define WAITCLOSE_RAW_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

/* Numbers younger than the headers this may be built with; from 424 on they are the same everywhere. */
enum {
    RAW_pidfd_open = 434,
    RAW_close_range = 436,
    RAW_pidfd_getfd = 438,
};

/* How rt_sigprocmask(2) changes the mask. */
enum { RAW_SIG_BLOCK = 0, RAW_SIG_SETMASK = 2 };

/* What the old time calls take: two longs, whatever libc's time_t is. */
struct raw_time {
    long seconds;
    long nanoseconds;
};

#if defined(__x86_64__)

static inline long raw6(long number, long a, long b, long c, long d, long e, long f)
{
    long answer;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(answer)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return answer;
}

#elif defined(__i386__)

static inline long raw6(long number, long a, long b, long c, long d, long e, long f)
{
    /*
     * Six arguments need every register, ebx (the GOT pointer in old compilers)
     * and ebp (the frame) among them: both are pushed, and all values come from one array.
     */
    long registers[7] = {number, a, b, c, d, e, f};
    long answer;
    __asm__ volatile("push %%ebx\n\t"
                     "push %%ebp\n\t"
                     "mov 4(%%eax), %%ebx\n\t"
                     "mov 8(%%eax), %%ecx\n\t"
                     "mov 12(%%eax), %%edx\n\t"
                     "mov 16(%%eax), %%esi\n\t"
                     "mov 20(%%eax), %%edi\n\t"
                     "mov 24(%%eax), %%ebp\n\t"
                     "mov (%%eax), %%eax\n\t"
                     "int $0x80\n\t"
                     "pop %%ebp\n\t"
                     "pop %%ebx"
                     : "=a"(answer)
                     : "0"(registers)
                     : "ecx", "edx", "esi", "edi", "memory");
    return answer;
}

#elif defined(__aarch64__)

static inline long raw6(long number, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory", "cc");
    return x0;
}

#else
#error "waitclose knows the system calls of x86-64, i386 and aarch64"
#endif

static inline long raw5(long number, long a, long b, long c, long d, long e)
{
    return raw6(number, a, b, c, d, e, 0);
}

static inline long raw4(long number, long a, long b, long c, long d)
{
    return raw6(number, a, b, c, d, 0, 0);
}

static inline long raw3(long number, long a, long b, long c)
{
    return raw6(number, a, b, c, 0, 0, 0);
}

static inline long raw2(long number, long a, long b)
{
    return raw6(number, a, b, 0, 0, 0, 0);
}

static inline long raw1(long number, long a)
{
    return raw6(number, a, 0, 0, 0, 0, 0);
}

static inline long raw0(long number)
{
    return raw6(number, 0, 0, 0, 0, 0, 0);
}

/*
 * Around what must not be left half done: a signal handler may jump out of whatever it interrupts
 * (siglongjmp), and so does a cancelled thread. False where a filter denies it. Raw, because libc's own
 * calls spare its two signals (nptl(7)).
 */
static inline int raw_hold_signals(uint64_t *before)
{
    uint64_t all = ~0ull;
    return raw4(SYS_rt_sigprocmask, RAW_SIG_BLOCK, (long)&all, (long)before, sizeof all) == 0;
}

static inline void raw_let_signals(uint64_t before)
{
    raw4(SYS_rt_sigprocmask, RAW_SIG_SETMASK, (long)&before, 0, sizeof before);
}

/* Whether an answer is an error. */
static inline int raw_failed(long answer)
{
    return (unsigned long)answer >= (unsigned long)-4095;
}

#endif
