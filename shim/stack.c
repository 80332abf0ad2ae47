#include "stack.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unwind.h>

#include "bare.h"
#include "hints.h"

enum {
    OUR_FRAMES_MAX = 8, /* what the hook itself puts on top: stack_capture, hints_birth, the hook */
    KNOWN_BITS = 9,
};

/* The compiler's unwinder, which backtrace(3) is made of as well. */
static struct {
    _Unwind_Reason_Code (*walk)(_Unwind_Trace_Fn each, void *context);
    _Unwind_Ptr (*address)(struct _Unwind_Context *context);
    _Unwind_Word (*frame)(struct _Unwind_Context *context); /* where the callee's ends: its CFA */
} unwinder;

/*
 * A stack walked before. To walk is dear (3 us for 16 frames), and programs make their sockets in few
 * places: if the same call comes from the same depth again, and every return address is still where it
 * was, it is the same stack. Each that is tells that the next is looked for in a frame that is there.
 * (But for a frame whose size differs from call to call, alloca(3): where it grew by what another
 * shrank, a return address that nobody has written over since is taken for one of now.)
 */
struct known_stack {
    _Atomic uint32_t generation; /* odd: being rewritten */
    _Atomic uintptr_t site, depth;
    struct {
        _Atomic uintptr_t place, address;
    } frames[HINTS_STACK_MAX]; /* an address of 0 ends them when fewer */
};

static struct known_stack *known_stacks;

/* One walk. */
struct walk {
    uintptr_t site;
    unsigned most, above, count; /* frames to keep; passed on the way out of the hook; kept */
    bool can_be_known;           /* each return address lies just below its caller's frame */
    uintptr_t places[HINTS_STACK_MAX];
    uintptr_t *frames;
};

bool stack_ready(void)
{
    void *library = dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return false;
    *(void **)&unwinder.walk = dlsym(library, "_Unwind_Backtrace");
    *(void **)&unwinder.address = dlsym(library, "_Unwind_GetIP");
    *(void **)&unwinder.frame = dlsym(library, "_Unwind_GetCFA");
    return unwinder.walk && unwinder.address && unwinder.frame;
}

bool stack_open(void)
{
    known_stacks = bare_memory(sizeof *known_stacks << KNOWN_BITS, true);
    return known_stacks;
}

static _Unwind_Reason_Code add_frame(struct _Unwind_Context *context, void *argument)
{
    struct walk *walk = argument;
    uintptr_t address = unwinder.address(context), place = unwinder.frame(context) - sizeof address;
    if (!walk->count && address != walk->site)
        return ++walk->above < OUR_FRAMES_MAX ? _URC_NO_REASON : _URC_END_OF_STACK;
    if (!address || (walk->count && place <= walk->places[walk->count - 1]))
        return _URC_END_OF_STACK;
    walk->can_be_known &= *(const uintptr_t *)place == address;
    walk->places[walk->count] = place;
    walk->frames[walk->count++] = address;
    return walk->count < walk->most ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static struct known_stack *known_at(uintptr_t site, uintptr_t depth)
{
    const uint64_t spread = 0x9e3779b97f4a7c15; /* 2^64 by the golden ratio */
    return &known_stacks[(site ^ depth << 16) * spread >> (64 - KNOWN_BITS)];
}

/* Whether it is this one again; then its frames. */
static bool is_known(struct known_stack *known, uintptr_t site, uintptr_t depth, uintptr_t *frames,
                     unsigned most)
{
    uint32_t generation = atomic_load_explicit(&known->generation, memory_order_acquire);
    if (generation % 2 || atomic_load_explicit(&known->site, memory_order_acquire) != site ||
        atomic_load_explicit(&known->depth, memory_order_acquire) != depth)
        return false;
    for (unsigned i = 0; i < most; i++) {
        uintptr_t place = atomic_load_explicit(&known->frames[i].place, memory_order_acquire);
        uintptr_t address = atomic_load_explicit(&known->frames[i].address, memory_order_acquire);
        if (atomic_load_explicit(&known->generation, memory_order_relaxed) != generation)
            return false;
        frames[i] = address;
        if (!address)
            return true;
        if (*(const uintptr_t *)place != address)
            return false;
    }
    return true;
}

/* Whoever finds another at it, a thread or what a signal has interrupted, leaves it. */
static void make_known(struct known_stack *known, const struct walk *walk, uintptr_t depth)
{
    uint32_t generation = atomic_load_explicit(&known->generation, memory_order_relaxed);
    if (generation % 2 || !atomic_compare_exchange_strong(&known->generation, &generation, generation + 1))
        return;
    atomic_store_explicit(&known->site, walk->site, memory_order_release);
    atomic_store_explicit(&known->depth, depth, memory_order_release);
    for (unsigned i = 0; i < walk->count; i++) {
        atomic_store_explicit(&known->frames[i].place, walk->places[i], memory_order_release);
        atomic_store_explicit(&known->frames[i].address, walk->frames[i], memory_order_release);
    }
    if (walk->count < walk->most)
        atomic_store_explicit(&known->frames[walk->count].address, 0, memory_order_release);
    atomic_store_explicit(&known->generation, generation + 2, memory_order_release);
}

/*
 * With glibc 2.35 and gcc 12 or later the unwinder finds its tables without a
 * lock (_dl_find_object); before, it takes the loader's.
 */
void stack_capture(uintptr_t *frames, unsigned most, uintptr_t site)
{
    uintptr_t depth = (uintptr_t)__builtin_frame_address(0);
    struct known_stack *known = known_at(site, depth);
    if (is_known(known, site, depth, frames, most))
        return;
    struct walk walk = {.site = site, .most = most, .can_be_known = true, .frames = frames};
    unwinder.walk(add_frame, &walk);
    if (!walk.count) { /* it lost its way before it left the hook */
        walk.can_be_known = false;
        frames[walk.count++] = site;
    }
    if (walk.count < most)
        frames[walk.count] = 0;
    if (walk.can_be_known)
        make_known(known, &walk, depth);
}
