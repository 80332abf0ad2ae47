/*
 * The watcher's room: where it stands when it looks at the program's sockets.
 *
 * In a table of its own (room_own.c) it borrows a socket with pidfd_getfd(2) and
 * learns of news from its epoll. In the program's table (room_shared.c), where
 * the kernel does not lend, a socket's number is its handle, news comes from one
 * poll(2), and nothing of ours is ever open.
 * Everything above this seam is the same.
 */
#ifndef WAITCLOSE_SHIM_ROOM_H
#define WAITCLOSE_SHIM_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "waitclose/room.h"

enum { ROOM_NEWS_MAX = 1024 };

struct news {
    int number;
    bool stirred;    /* its peer may have; otherwise it was only met on the round */
    uint32_t cookie; /* low half of the stirred socket's, where the kernel told; otherwise 0 */
};

enum armed {
    ARMED,
    ARMED_BEFORE, /* or it may be: the socket is held under another number too */
    ARMED_NOT,    /* the kernel takes no more (/proc/sys/fs/epoll/max_user_watches, memory) */
};

struct room {
    /*
     * Watcher only, first: takes what it needs. anew: in a process where it has
     * not been; after a fork, what is left in memory is the parent's, torn
     * wherever the fork met it. False: this room cannot be had.
     */
    bool (*enter)(bool anew);

    /*
     * Who has news: numbers that deserve a look, at most ROOM_NEWS_MAX. Besides
     * sockets whose peer has stirred these are numbers met on a slow round
     * through all that the program has open, for not every socket comes through a hook.
     * *round_done: such a round is complete. *more: ask again at once.
     */
    size_t (*news)(struct news *news, bool *round_done, bool *more);

    /* A handle on what is open under this number, to be given back; or -errno. */
    int (*borrow)(int number);
    void (*give_back)(int handle);

    /*
     * Runs a function where what borrow() hands out cannot be exchanged for something else by the
     * program, nor needs a free number in its table; for the time of the call. False: it cannot be had.
     */
    bool (*visit)(void (*function)(void *argument), void *argument);

    /* The numbers of the program's epolls, no more than `most`; returns how many. */
    size_t (*epolls)(int *numbers, size_t most);

    /* Within a visit: an epoll of the program's forgets the borrowed socket that lies under this number. */
    void (*forget)(int epoll, int number, int handle);

    /* From now on news() tells when this socket's peer stirs. */
    enum armed (*arm)(int number, int handle, uint64_t cookie);

    /*
     * Runs a function where descriptors may be opened without the program's
     * table ever showing them. *keeps: what it opens stays open for the next call.
     */
    bool (*outside)(void (*function)(void *argument, bool keeps), void *argument);

    /* Runs a function on each of our threads: rights are each one's own. */
    void (*everywhere)(void (*function)(void *argument), void *argument);

    /* Watcher, last. */
    void (*leave)(void);
};

extern const struct room room_own;
extern const struct room room_shared;

#endif
