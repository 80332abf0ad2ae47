/*
 * Hints: what the kernel cannot know about a socket, one record per descriptor
 * number. Who created it (call site, stack), and what the program has been told
 * (a read that returned 0, an error). A hint may be stale or missing; that may
 * cost a detail in a report and nothing else.
 *
 * Written by hooks (any thread, signal handlers) and read by the watcher;
 * plain atomics, no lock. A record is rewritten at each birth under its number,
 * because not every close passes a hook; `generation` is odd while that goes
 * on and different afterwards, so that the watcher notices.
 *
 * Memory is reserved once, at load, and touched only for numbers in use.
 */
#ifndef WAITCLOSE_HINTS_H
#define WAITCLOSE_HINTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "waitclose/address.h"
#include "waitclose/cause.h"
#include "waitclose/status.h"

enum {
    HINTS_MAX = 1 << 20,  /* numbers above go without hints; the watcher finds their sockets all the same */
    HINTS_STACK_MAX = 32, /* frames */
};

/* marks[number]: the one byte that a hook's first glance reads. */
enum mark {
    MARK_NONE,    /* not a TCP socket that we know of */
    MARK_TRACKED, /* a TCP socket */
    MARK_KNOWN,   /* the same, and the watcher has looked at it: it wants to hear of the end */
    MARK_ENDED,   /* the same, and we have ended its connection, or are about to: no write to it may raise
                     SIGPIPE */
    MARK_CLAIMED, /* a TCP socket, and settle.c is about to replace or close what is there */
};

enum hint_flag {
    HINT_IN = 1 << 0,         /* accepted */
    HINT_OUT = 1 << 1,        /* connected */
    HINT_TOLD_EOF = 1 << 2,   /* a read returned 0 */
    HINT_TOLD_ERROR = 1 << 3, /* a call failed for good */
    HINT_SHUT = 1 << 4,       /* shutdown(SHUT_WR or SHUT_RDWR) succeeded */
    HINT_BORN = 1 << 5,       /* the birth passed a hook, so `born` holds */
};

/* 48 bytes on 64-bit. */
struct hint {
    _Atomic uintptr_t site;      /* return address into the caller of socket() or accept() */
    _Atomic uintptr_t reader;    /* return address into the last caller of a read */
    _Atomic uint32_t generation; /* odd: being rewritten */
    _Atomic uint32_t born;       /* low 32 bits of CLOCK_MONOTONIC_COARSE in ms; once ended, of the cookie */
    _Atomic uint32_t eof_at;     /* the same clock, when a read last returned 0 */
    _Atomic uint32_t peer[4];    /* network order; whole under one generation */
    _Atomic uint16_t peer_port;  /* host order */
    _Atomic uint8_t peer_family; /* enum address_family */
    _Atomic uint8_t flags;       /* enum hint_flag */
};

/* A consistent copy for the watcher. */
struct hint_copy {
    uint32_t generation;
    uint32_t born, eof_at;
    uintptr_t site, reader;
    uint8_t flags;
    struct address peer;
    unsigned stack_size;
    uintptr_t stack[HINTS_STACK_MAX];
};

/* Hidden, so that a hook's glance reads them without a detour through the global offset table. */
#pragma GCC visibility push(hidden)
extern unsigned hints_capacity; /* numbers covered; 0 until hints_open, or when there is no memory */
extern _Atomic uint8_t *hints_marks;
extern _Atomic uint32_t *hints_births; /* TCP sockets that were born through a hook in this process */
extern struct hint *hints_records;
extern _Atomic int hints_end;                 /* one above the highest number that was ever tracked */
extern const struct status_hints hints_shown; /* where these lie, for readers from outside */
#pragma GCC visibility pop

/*
 * Constructor only. births: a counter that does not pass to a forked child. stack: frames to keep
 * at each birth, 0 to HINTS_STACK_MAX. False: no memory, everything stays off.
 */
bool hints_open(unsigned numbers, unsigned stack, _Atomic uint32_t *births);

/*
 * What a glance sees. A plain load, for a byte cannot tear: of an atomic one compilers make an instruction
 * more, in every read and write that the program makes.
 */
static inline __attribute__((no_sanitize("thread"))) enum mark hints_glance(int number)
{
    return (enum mark)((const uint8_t *)hints_marks)[number];
}

/* The glance: whether this number was a TCP socket when we last heard of it. Any thread, signal handlers. */
static inline bool hints_tracked(int number)
{
    return (unsigned)number < hints_capacity && __builtin_expect(hints_glance(number) != MARK_NONE, 0);
}

/* The write family's glance: whether we may have ended what lies under this number. As above. */
static inline bool hints_ended(int number)
{
    return (unsigned)number < hints_capacity && __builtin_expect(hints_glance(number) >= MARK_ENDED, 0);
}

/* The low half of the cookie of the socket that was ended, if one was. Only for an ended number. */
static inline uint32_t hints_ended_cookie(int number)
{
    return atomic_load_explicit(&hints_records[number].born, memory_order_relaxed);
}

/* A note of who reads, before the read. Only for a tracked number. */
static inline void hints_reader(int number, uintptr_t reader)
{
    atomic_store_explicit(&hints_records[number].reader, reader, memory_order_relaxed);
}

/*
 * From hooks. All keep errno, make no system call, take no lock.
 * peer may be NULL. hints_close comes before the real close: afterwards the number may be another's.
 * It returns true where the number is claimed: then whoever claimed it will close it (hints_unclaim).
 */
void hints_birth(int number, uintptr_t site, enum hint_flag direction, const struct sockaddr *peer,
                 socklen_t peer_size);
void hints_connecting(int number, const struct sockaddr *peer, socklen_t peer_size);
void hints_changed(int number); /* look at it again: listen(2) */
void hints_told(int number, enum hint_flag what);
void hints_told_eof(int number); /* a read returned 0 */
bool hints_close(int number);
void hints_ended_too(int number, int from); /* what we have ended lies under another number as well: dup(2) */

/*
 * From the watcher.
 * hints_copy: false when the record is just being rewritten (look again next tick) or there is none.
 * hints_adopt: the number holds a TCP socket that no hook saw; the record is emptied and from now on its
 * reads are seen. hints_disown: the number holds no TCP socket any more. Both do nothing when a birth has
 * happened since `generation` was read.
 */
bool hints_copy(int number, struct hint_copy *copy);
void hints_adopt(int number, uint32_t generation);
void hints_disown(int number, uint32_t generation);
void hints_known(int number);
void hints_not_closed(int number); /* its close came to nothing: cancelled, or made in another table */
/*
 * We have ended this socket: from now on its writes are seen. hints_mark_revived: it was
 * connected anew.
 */
void hints_mark_ended(int number, uint32_t low_cookie);
void hints_mark_revived(int number);
/* The same socket lies under another number too: what is noted there holds here. */
void hints_share(int number, uint32_t generation, int from);
/* Keeps the peer's address for a socket that was not asked for it when it was born. */
void hints_set_peer(int number, uint32_t generation, const struct address *peer);

/*
 * Claims a number for settle.c, from a thread of the program's: until hints_unclaim, a close of it
 * through libc does nothing, so that nobody can get the number meanwhile. Returns what it was, or
 * MARK_NONE: it cannot be had. hints_unclaim is false where such a close has come: it is then to be made.
 */
enum mark hints_claim(int number);
void hints_claimed_for(int number, uint32_t low_cookie); /* of what is put there, to be marked as ended */
bool hints_unclaim(int number, enum mark mark);

/* Calls `each` for every number that was born or has ended since the last call. */
void hints_take_changes(void (*each)(int number, void *context), void *context);

/*
 * In a forked child, before anything else: another thread of the parent may have
 * been in the middle of a record, and is not here to finish it.
 */
void hints_after_fork(void);

/* In a new watcher: every tracked number is news to it. Returns how many there are. */
unsigned hints_all_changed(void);

#endif
