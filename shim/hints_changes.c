/* Which numbers have news for the watcher. See hints.h. */
#include "hints.h"

/* One bit a number, and one bit for each 64 of these, so that a quiet tick reads 256 words at most. */
static _Atomic uint64_t changed[HINTS_MAX / 64];
static _Atomic uint64_t changed_words[HINTS_MAX / 64 / 64];

static void set_bit(_Atomic uint64_t *words, unsigned bit)
{
    uint64_t mask = 1ull << bit % 64;
    if (!(atomic_load_explicit(&words[bit / 64], memory_order_relaxed) & mask))
        atomic_fetch_or_explicit(&words[bit / 64], mask, memory_order_release);
}

void hints_changed(int number)
{
    set_bit(changed, (unsigned)number);
    set_bit(changed_words, (unsigned)number / 64);
}

static void take_word(unsigned word, void (*each)(int number, void *context), void *context)
{
    uint64_t bits = atomic_exchange_explicit(&changed[word], 0, memory_order_acquire);
    for (; bits; bits &= bits - 1)
        each((int)(word * 64 + (unsigned)__builtin_ctzll(bits)), context);
}

void hints_take_changes(void (*each)(int number, void *context), void *context)
{
    for (unsigned summary = 0; summary < sizeof changed_words / sizeof *changed_words; summary++) {
        if (!atomic_load_explicit(&changed_words[summary], memory_order_relaxed))
            continue;
        uint64_t words = atomic_exchange_explicit(&changed_words[summary], 0, memory_order_acquire);
        for (; words; words &= words - 1)
            take_word(summary * 64 + (unsigned)__builtin_ctzll(words), each, context);
    }
}
