#include "hints.h"

#include <time.h>

#include "address.h"
#include "bare.h"
#include "libc_clock.h"
#include "stack.h"

unsigned hints_capacity;
_Atomic uint8_t *hints_marks;
_Atomic uint32_t *hints_births;

struct hint *hints_records;
_Atomic int hints_end;
static _Atomic uintptr_t *stacks; /* stack_depth frames a number, ended by 0 when fewer */
static unsigned stack_depth;

const struct status_hints hints_shown = {&hints_records, &hints_marks, &hints_capacity};

bool hints_open(unsigned numbers, unsigned stack, _Atomic uint32_t *births)
{
    if (numbers > HINTS_MAX)
        numbers = HINTS_MAX;
    size_t records_size = numbers * sizeof *hints_records,
           stacks_size = (size_t)numbers * stack * sizeof *stacks;
    char *memory = bare_memory(records_size + stacks_size + numbers * sizeof *hints_marks, true);
    if (!memory || (stack && !stack_open()))
        return false;
    hints_records = (struct hint *)memory;
    stacks = (_Atomic uintptr_t *)(memory + records_size);
    hints_marks = (_Atomic uint8_t *)(memory + records_size + stacks_size);
    stack_depth = stack;
    hints_births = births;
    hints_capacity = numbers;
    return true;
}

/*
 * Opens a record for rewriting. A second writer (a number that two threads fight over) is let
 * through: details may mix.
 */
static struct hint *begin(int number)
{
    struct hint *hint = &hints_records[number];
    atomic_fetch_or_explicit(&hint->generation, 1, memory_order_acquire);
    return hint;
}

static void finish(struct hint *hint)
{
    uint32_t generation = atomic_load_explicit(&hint->generation, memory_order_relaxed);
    atomic_store_explicit(&hint->generation, (generation | 1) + 1, memory_order_release);
}

static void raise_end(int number)
{
    int end = atomic_load_explicit(&hints_end, memory_order_relaxed);
    while (number >= end && !atomic_compare_exchange_weak(&hints_end, &end, number + 1))
        ;
}

static void set_mark(int number, enum mark mark)
{
    raise_end(number);
    atomic_store_explicit(&hints_marks[number], mark, memory_order_release);
}

/* From the watcher: a claimed number is settle.c's until it is done. */
static void replace_mark(int number, enum mark mark)
{
    uint8_t was = atomic_load_explicit(&hints_marks[number], memory_order_relaxed);
    raise_end(number);
    while (was != MARK_CLAIMED && !atomic_compare_exchange_weak(&hints_marks[number], &was, mark))
        ;
}

static void set_peer(struct hint *hint, const struct address *peer)
{
    uint32_t words[4];
    atomic_store_explicit(&hint->peer_family, peer->family, memory_order_relaxed);
    if (peer->family == ADDRESS_NONE)
        return;
    memcpy(words, peer->bytes, sizeof words);
    for (int i = 0; i < 4; i++)
        atomic_store_explicit(&hint->peer[i], words[i], memory_order_relaxed);
    atomic_store_explicit(&hint->peer_port, peer->port, memory_order_relaxed);
}

static struct address get_peer(const struct hint *hint)
{
    struct address peer = {.family = atomic_load_explicit(&hint->peer_family, memory_order_relaxed)};
    uint32_t words[4];
    if (peer.family == ADDRESS_NONE)
        return peer;
    peer.port = atomic_load_explicit(&hint->peer_port, memory_order_relaxed);
    for (int i = 0; i < 4; i++)
        words[i] = atomic_load_explicit(&hint->peer[i], memory_order_relaxed);
    memcpy(peer.bytes, words, sizeof words);
    return peer;
}

/* A 0 ends a stack that is shorter than stack_depth. */
static void set_stack(int number, const uintptr_t *frames)
{
    _Atomic uintptr_t *place = &stacks[(size_t)number * stack_depth];
    for (unsigned i = 0; i < stack_depth; i++) {
        atomic_store_explicit(&place[i], frames[i], memory_order_relaxed);
        if (!frames[i])
            return;
    }
}

static unsigned get_stack(int number, uintptr_t frames[HINTS_STACK_MAX])
{
    const _Atomic uintptr_t *place = &stacks[(size_t)number * stack_depth];
    unsigned size = 0;
    while (size < stack_depth && (frames[size] = atomic_load_explicit(&place[size], memory_order_relaxed)))
        size++;
    return size;
}

/* Apart, so that a birth without it needs no room for it. */
static __attribute__((noinline)) void keep_stack(int number, uintptr_t site)
{
    uintptr_t frames[HINTS_STACK_MAX];
    stack_capture(frames, stack_depth, site);
    set_stack(number, frames);
}

static uint32_t coarse_now(void)
{
    struct timespec now;
    libc_clock(CLOCK_MONOTONIC_COARSE, &now); /* vdso(7): no system call */
    return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

void hints_birth(int number, uintptr_t site, enum hint_flag direction, const struct sockaddr *peer,
                 socklen_t peer_size)
{
    if ((unsigned)number >= hints_capacity)
        return;
    atomic_fetch_add_explicit(hints_births, 1, memory_order_relaxed);
    struct address address = {.family = ADDRESS_NONE};
    if (peer)
        address = address_from(peer, peer_size);
    struct hint *hint = begin(number);
    atomic_store_explicit(&hint->site, site, memory_order_relaxed);
    atomic_store_explicit(&hint->reader, 0, memory_order_relaxed);
    atomic_store_explicit(&hint->born, coarse_now(), memory_order_relaxed);
    atomic_store_explicit(&hint->flags, (uint8_t)(direction | HINT_BORN), memory_order_relaxed);
    set_peer(hint, &address);
    if (stack_depth)
        keep_stack(number, site);
    finish(hint);
    set_mark(number, MARK_TRACKED);
    hints_changed(number);
}

void hints_connecting(int number, const struct sockaddr *peer, socklen_t peer_size)
{
    struct address address = address_from(peer, peer_size);
    struct hint *hint = begin(number);
    uint8_t flags = atomic_load_explicit(&hint->flags, memory_order_relaxed) & HINT_BORN;
    if (address.family != ADDRESS_NONE) /* AF_UNSPEC dissolves the connection: connect(2) */
        flags |= HINT_OUT;
    atomic_store_explicit(&hint->flags, flags, memory_order_relaxed);
    set_peer(hint, &address);
    finish(hint);
    hints_changed(number);
}

void hints_told(int number, enum hint_flag what)
{
    uint8_t flags = atomic_load_explicit(&hints_records[number].flags, memory_order_relaxed);
    if (!(flags & what))
        atomic_fetch_or_explicit(&hints_records[number].flags, (uint8_t)what, memory_order_relaxed);
}

void hints_told_eof(int number)
{
    atomic_store_explicit(&hints_records[number].eof_at, coarse_now(), memory_order_relaxed);
    hints_told(number, HINT_TOLD_EOF);
}

bool hints_close(int number)
{
    uint8_t was = atomic_exchange_explicit(&hints_marks[number], MARK_NONE, memory_order_acq_rel);
    if (was >= MARK_KNOWN)
        hints_changed(number);
    return was == MARK_CLAIMED;
}

bool hints_copy(int number, struct hint_copy *copy)
{
    memset(copy, 0, sizeof *copy);
    if ((unsigned)number >= hints_capacity)
        return false;
    struct hint *hint = &hints_records[number];
    copy->generation = atomic_load_explicit(&hint->generation, memory_order_acquire);
    copy->site = atomic_load_explicit(&hint->site, memory_order_relaxed);
    copy->reader = atomic_load_explicit(&hint->reader, memory_order_relaxed);
    copy->born = atomic_load_explicit(&hint->born, memory_order_relaxed);
    copy->eof_at = atomic_load_explicit(&hint->eof_at, memory_order_relaxed);
    copy->flags = atomic_load_explicit(&hint->flags, memory_order_relaxed);
    copy->peer = get_peer(hint);
    copy->stack_size = get_stack(number, copy->stack);
    atomic_thread_fence(memory_order_acquire);
    return !(copy->generation & 1) &&
           atomic_load_explicit(&hint->generation, memory_order_relaxed) == copy->generation;
}

/* Empties a record, unless it was reborn since `generation`. */
static bool empty(int number, uint32_t generation)
{
    struct hint *hint = &hints_records[number];
    if ((unsigned)number >= hints_capacity || generation & 1 ||
        !atomic_compare_exchange_strong(&hint->generation, &generation, generation | 1))
        return false;
    atomic_store_explicit(&hint->site, 0, memory_order_relaxed);
    atomic_store_explicit(&hint->reader, 0, memory_order_relaxed);
    atomic_store_explicit(&hint->flags, 0, memory_order_relaxed);
    atomic_store_explicit(&hint->peer_family, ADDRESS_NONE, memory_order_relaxed);
    if (stack_depth)
        atomic_store_explicit(&stacks[(size_t)number * stack_depth], 0, memory_order_relaxed);
    finish(hint);
    return true;
}

void hints_adopt(int number, uint32_t generation)
{
    if (empty(number, generation))
        replace_mark(number, MARK_KNOWN);
}

void hints_disown(int number, uint32_t generation)
{
    if (empty(number, generation))
        replace_mark(number, MARK_NONE);
}

static void copy_record(int number, int from)
{
    struct hint *hint = begin(number), *source = &hints_records[from];
    atomic_store_explicit(&hint->site, atomic_load(&source->site), memory_order_relaxed);
    atomic_store_explicit(&hint->reader, atomic_load(&source->reader), memory_order_relaxed);
    atomic_store_explicit(&hint->born, atomic_load(&source->born), memory_order_relaxed);
    atomic_store_explicit(&hint->eof_at, atomic_load(&source->eof_at), memory_order_relaxed);
    atomic_store_explicit(&hint->flags, atomic_load(&source->flags), memory_order_relaxed);
    struct address peer = get_peer(source);
    set_peer(hint, &peer);
    if (stack_depth) {
        uintptr_t frames[HINTS_STACK_MAX + 1] = {0};
        get_stack(from, frames);
        set_stack(number, frames);
    }
    finish(hint);
}

void hints_share(int number, uint32_t generation, int from)
{
    if ((unsigned)number < hints_capacity && (unsigned)from < hints_capacity && empty(number, generation))
        copy_record(number, from);
}

void hints_ended_too(int number, int from)
{
    if ((unsigned)number >= hints_capacity)
        return;
    copy_record(number, from);
    set_mark(number, MARK_ENDED);
    hints_changed(number);
}

void hints_known(int number)
{
    uint8_t tracked = MARK_TRACKED;
    if ((unsigned)number < hints_capacity)
        atomic_compare_exchange_strong(&hints_marks[number], &tracked, MARK_KNOWN);
}

void hints_not_closed(int number)
{
    uint8_t none = MARK_NONE;
    if ((unsigned)number < hints_capacity)
        atomic_compare_exchange_strong(&hints_marks[number], &none, MARK_KNOWN);
}

/* The time of its birth serves no more, so its place is taken; no hook but a birth writes there. */
static void note_ended(int number, uint32_t low_cookie)
{
    struct hint *hint = &hints_records[number];
    atomic_fetch_and_explicit(&hint->flags, (uint8_t)~HINT_BORN, memory_order_relaxed);
    atomic_store_explicit(&hint->born, low_cookie, memory_order_relaxed);
}

/* Only where it was known: a birth meanwhile is another socket's. */
void hints_mark_ended(int number, uint32_t low_cookie)
{
    uint8_t known = MARK_KNOWN;
    if ((unsigned)number >= hints_capacity ||
        atomic_load_explicit(&hints_marks[number], memory_order_relaxed) != MARK_KNOWN)
        return;
    note_ended(number, low_cookie);
    atomic_compare_exchange_strong(&hints_marks[number], &known, MARK_ENDED);
}

void hints_mark_revived(int number)
{
    uint8_t ended = MARK_ENDED;
    if ((unsigned)number < hints_capacity)
        atomic_compare_exchange_strong(&hints_marks[number], &ended, MARK_KNOWN);
}

enum mark hints_claim(int number)
{
    if ((unsigned)number >= hints_capacity)
        return MARK_NONE;
    uint8_t was = atomic_load_explicit(&hints_marks[number], memory_order_relaxed);
    bool free = was != MARK_NONE && was != MARK_CLAIMED;
    return free && atomic_compare_exchange_strong(&hints_marks[number], &was, MARK_CLAIMED) ? was : MARK_NONE;
}

void hints_claimed_for(int number, uint32_t low_cookie)
{
    note_ended(number, low_cookie);
}

bool hints_unclaim(int number, enum mark mark)
{
    uint8_t claimed = MARK_CLAIMED;
    return atomic_compare_exchange_strong(&hints_marks[number], &claimed, mark) || claimed != MARK_NONE;
}

void hints_set_peer(int number, uint32_t generation, const struct address *peer)
{
    struct hint *hint = &hints_records[number];
    uint32_t expected = generation;
    if ((unsigned)number >= hints_capacity || generation & 1 ||
        !atomic_compare_exchange_strong(&hint->generation, &expected, generation | 1))
        return;
    set_peer(hint, peer);
    /* The same generation again: for the watcher this is still the socket it has looked at. */
    expected = generation | 1;
    atomic_compare_exchange_strong(&hint->generation, &expected, generation);
}

void hints_after_fork(void)
{
    for (int number = 0; number < hints_end; number++) {
        if (atomic_load_explicit(&hints_records[number].generation, memory_order_relaxed) & 1)
            finish(&hints_records[number]);
        if (atomic_load_explicit(&hints_marks[number], memory_order_relaxed) == MARK_CLAIMED)
            atomic_store_explicit(&hints_marks[number], MARK_TRACKED, memory_order_relaxed);
    }
}

unsigned hints_all_changed(void)
{
    unsigned count = 0;
    for (int number = 0; number < hints_end; number++)
        if (hints_tracked(number)) {
            hints_changed(number);
            count++;
        }
    return count;
}
