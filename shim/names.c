/* Names as the operator reads and writes them. No libc: the watcher calls these. */
#include "waitclose/cause.h"

const char *cause_name(enum cause cause)
{
    switch (cause) {
    case CAUSE_EOF_IGNORED:
        return "eof-ignored";
    case CAUSE_EOF_UNREAD:
        return "eof-unread";
    case CAUSE_DATA_UNREAD:
        return "data-unread";
    case CAUSE_ERROR_IGNORED:
        return "error-ignored";
    case CAUSE_RESET_UNREAD:
        return "reset-unread";
    case CAUSE_SHUTDOWN_UNCLOSED:
        return "shutdown-unclosed";
    case CAUSE_IDLE:
        return "idle";
    case CAUSE_NONE:
    case CAUSES:
        break;
    }
    return "none";
}

const char *direction_name(enum direction direction)
{
    switch (direction) {
    case DIRECTION_IN:
        return "in";
    case DIRECTION_OUT:
        return "out";
    case DIRECTION_UNKNOWN:
        break;
    }
    return "unknown";
}
