/*
 * The watcher's room: whether it can look at the program's sockets from a
 * descriptor table of its own, or has to share the program's. Chosen by the
 * library when it starts; `waitclose check` tells what would be chosen here.
 */
#ifndef WAITCLOSE_ROOM_H
#define WAITCLOSE_ROOM_H

enum room_kind { ROOM_OWN, ROOM_SHARED };

struct room_choice {
    enum room_kind kind;
    const char *why; /* one sentence */
};

/* Asks the kernel what it allows; opens nothing and changes nothing. */
struct room_choice room_choose(void);

#endif
