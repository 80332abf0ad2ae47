#include "bare.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <time.h>

#include "raw.h"

#ifdef SYS_mmap2
enum { SYS_map = SYS_mmap2 }; /* i386: SYS_mmap takes a struct */
#else
enum { SYS_map = SYS_mmap };
#endif

enum { NAP_MS = 10 };

void *bare_memory(size_t size, bool inherit)
{
    long memory = raw6(SYS_map, 0, (long)size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (raw_failed(memory))
        return NULL;
    if (!inherit)
        raw3(SYS_madvise, memory, (long)size, MADV_DONTFORK);
    return (void *)memory;
}

void bare_memory_free(void *memory, size_t size)
{
    if (memory)
        raw2(SYS_munmap, (long)memory, (long)size);
}

void *bare_memory_grow(void *memory, size_t old_size, size_t new_size)
{
    long moved = raw4(SYS_mremap, (long)memory, (long)old_size, (long)new_size, MREMAP_MAYMOVE);
    return raw_failed(moved) ? NULL : (void *)moved;
}

static int64_t clock_ms(clockid_t clock)
{
    struct raw_time time = {0, 0};
    raw2(SYS_clock_gettime, clock, (long)&time);
    return (int64_t)time.seconds * 1000 + time.nanoseconds / 1000000;
}

int64_t bare_now(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

int64_t bare_wall_clock(void)
{
    return clock_ms(CLOCK_REALTIME);
}

int64_t bare_processor_time(void)
{
    struct raw_time time = {0, 0};
    raw2(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, (long)&time);
    return (int64_t)time.seconds * 1000000 + time.nanoseconds / 1000;
}

int bare_process(void)
{
    long process = raw0(SYS_getpid);
    return raw_failed(process) ? 0 : (int)process;
}

/* Where futex(2) is denied: whoever waits in a loop must not spin. */
static void nap_until_changed(const uint32_t *word, uint32_t value, int64_t ms)
{
    for (; ms > 0 && __atomic_load_n(word, __ATOMIC_ACQUIRE) == value; ms -= NAP_MS) {
        struct raw_time nap = {0, (long)NAP_MS * 1000000}; /* the kernel leaves in it what remains */
        if (raw_failed(raw5(SYS_ppoll, 0, 0, (long)&nap, 0, 0)))
            return;
    }
}

void bare_wait(const uint32_t *word, uint32_t value, int64_t ms)
{
    struct raw_time timeout = {(long)(ms / 1000), (long)(ms % 1000) * 1000000};
    long answer = raw4(SYS_futex, (long)word, FUTEX_WAIT, value, (long)&timeout);
    if (raw_failed(answer) && answer != -EAGAIN && answer != -EINTR && answer != -ETIMEDOUT)
        nap_until_changed(word, value, ms);
}

void bare_wake(const uint32_t *word)
{
    raw3(SYS_futex, (long)word, FUTEX_WAKE, INT32_MAX);
}
