/* What rotation does to a log's name. Pure. */
#ifndef WAITCLOSE_CLI_LOG_NAME_H
#define WAITCLOSE_CLI_LOG_NAME_H

#include <stddef.h>
#include <stdint.h>

struct log_name {
    size_t base;  /* bytes of the name that it shares with the log it was made of */
    int64_t rank; /* of two with the same base, the smaller is the older */
};

/* log, log.1, log.2.gz (the higher the older); log-20260131, log-20260131.gz (the higher the newer). */
struct log_name log_name_read(const char *name);

#endif
