/* The names of what is found: causes of a leak, and the direction of a socket. */
#ifndef WAITCLOSE_CAUSE_H
#define WAITCLOSE_CAUSE_H

enum cause {
    CAUSE_NONE,
    CAUSE_EOF_IGNORED,       /* a read returned 0, and the program still holds the socket */
    CAUSE_EOF_UNREAD,        /* the FIN waits, the program has not read */
    CAUSE_DATA_UNREAD,       /* the FIN waits behind unread data */
    CAUSE_ERROR_IGNORED,     /* a call failed for good, the connection is gone, the descriptor is not */
    CAUSE_RESET_UNREAD,      /* the connection is gone, the program was not told */
    CAUSE_SHUTDOWN_UNCLOSED, /* the program shut its side down and the connection has ended */
    CAUSE_IDLE,              /* no data either way for too long, without a FIN */
    CAUSES
};

enum direction {
    DIRECTION_UNKNOWN, /* adopted, and the kernel cannot tell either */
    DIRECTION_IN,      /* accepted */
    DIRECTION_OUT,     /* connected */
};

/* "eof-ignored" and so on; CAUSE_NONE is "none". Callable from anywhere. */
const char *cause_name(enum cause cause);

/* "in", "out", or "unknown". Callable from anywhere. */
const char *direction_name(enum direction direction);

#endif
