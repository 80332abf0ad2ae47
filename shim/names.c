/* Names as the operator reads and writes them. No libc: the watcher calls these. */
#include "facts.h"

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

const char *state_name(enum tcp_state state)
{
    static const char *const names[] = {
        [STATE_ESTABLISHED] = "ESTABLISHED",
        [STATE_SYN_SENT] = "SYN_SENT",
        [STATE_SYN_RECV] = "SYN_RECV",
        [STATE_FIN_WAIT1] = "FIN_WAIT1",
        [STATE_FIN_WAIT2] = "FIN_WAIT2",
        [STATE_TIME_WAIT] = "TIME_WAIT",
        [STATE_CLOSE] = "CLOSE",
        [STATE_CLOSE_WAIT] = "CLOSE_WAIT",
        [STATE_LAST_ACK] = "LAST_ACK",
        [STATE_LISTEN] = "LISTEN",
        [STATE_CLOSING] = "CLOSING",
    };
    return state < sizeof names / sizeof *names && names[state] ? names[state] : "?";
}
