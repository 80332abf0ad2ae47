/*
 * What only a thread of the program's can do to a leaked socket's number: give it
 * back (release=), or put a dead socket under it, so that this program's reference
 * goes where another process holds the connection too.
 *
 * The kernel knows no "close this number if it still holds that socket". So it is
 * done on the program's own threads, in socket() and accept(), and a close through
 * libc meanwhile is handed over (hints_claim). What passes the hooks in another
 * thread in that moment, under the very number of a socket that has long been
 * ended, could still be hit: waitclose(7) says so.
 */
#ifndef WAITCLOSE_SETTLE_H
#define WAITCLOSE_SETTLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum settle_kind {
    SETTLE_RELEASE,           /* close the number */
    SETTLE_RELEASE_IF_EMFILE, /* when there is no free one left */
    SETTLE_DROP,              /* put a dead socket there */
};

struct settled {
    int number;
    enum settle_kind kind;
    uint64_t cookie; /* of the socket that lay there */
    uint64_t dead;   /* SETTLE_DROP: of the one that lies there now */
    bool done;       /* false: the number held something else by then, or the socket had come alive */
};

/*
 * From the watcher. settle_ask: false when too much waits already; ask again later.
 * settle_know_epolls: the program's epolls, which are to forget what is dropped: a number that is none any
 * more is no harm.
 * settle_withdraw: true when it was not done, and will not be. settle_next: the next
 * that is done with, or false.
 */
bool settle_ask(int number, uint64_t cookie, enum settle_kind kind);
void settle_know_epolls(const int *epolls, size_t count);
bool settle_withdraw(uint64_t cookie);
bool settle_next(struct settled *settled);

/* How many wait, for the hooks' glance: for any call, and for one that finds no free number. */
extern _Atomic unsigned settle_waiting, settle_waiting_for_emfile __attribute__((visibility("hidden")));

/*
 * From the socket and accept hooks, on a thread of the program's; keeps errno. Does what waits, with
 * emfile also what waits for that, one of it. Returns how many numbers are free now.
 */
unsigned settle(bool emfile);

/* In a forked child: what waits is its parent's. */
void settle_after_fork(void);

#endif
