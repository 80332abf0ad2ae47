#include "advice.h"

#include <stddef.h>
#include <string.h>

static const struct advice list[] = {
    {"eof-unread", "the peer has closed, and the program, idle, has not looked since",
     "drop idle connections before the peer does; before one is used\n"
     "again, and from time to time, look whether the peer hung up"},
    {"eof-ignored", "a read returned 0, which is the end, and the socket is still open",
     "close after a read of 0: in a loop left on <= 0, behind the loop;\n"
     "in an event loop, before the next wait"},
    {"data-unread", "the peer has closed, and left data that nobody reads",
     "close what is not wanted; otherwise find what holds up the reader"},
    {"error-ignored", "a call failed for good, and the socket is still open",
     "close on the error path (not for EAGAIN, EINTR)"},
    {"reset-unread", "the connection is gone, and the program, idle, has not been told",
     "drop idle connections before the peer does; before one is used\n"
     "again, and from time to time, look whether the peer hung up"},
    {"shutdown-unclosed", "both sides have shut down, and the socket is still open",
     "call close too: shutdown does not give the descriptor back"},
    {"idle", "no data for as long as idle= allows, and no end either",
     "find out whether the peer is still there: keepalive would tell"},
};

const struct advice *advice_find(const char *cause)
{
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (strcmp(list[i].cause, cause) == 0)
            return &list[i];
    return NULL;
}
