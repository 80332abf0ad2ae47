/*
 * The keys of the policy as data: what the parser, the explanation and the
 * printed table all read, so that none of them knows a key by name.
 * Private to shim/policy_*.c.
 */
#ifndef POLICY_KEYS_H
#define POLICY_KEYS_H

#include "waitclose/policy.h"

/* Where a key may stand; also used as a set. */
enum key_scope {
    SCOPE_PROCESS = 1,
    SCOPE_SOCKET = 2,
    SCOPE_SELECTOR = 4,
    SCOPE_SETTING = SCOPE_PROCESS | SCOPE_SOCKET,
};

/* The bits of rule.given; a socket option has its enum option_key in the options' own sets. */
enum socket_key {
    SOCKET_ACTION,
    SOCKET_GRACE,
    SOCKET_UNREAD_GRACE,
    SOCKET_IDLE,
    SOCKET_RELEASE,
    SOCKET_HEARTBEAT
};

/* Milliseconds. */
enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

/* What a value looks like, and the type of the field that holds it. */
enum value_kind {
    VALUE_LOG,       /* log and log_path of struct process_policy */
    VALUE_WORD,      /* an enum, numbered as in words */
    VALUE_SWITCH,    /* bool */
    VALUE_NUMBER,    /* unsigned, low to high */
    VALUE_DURATION,  /* int64_t milliseconds, low to high */
    VALUE_RELEASE,   /* the same, or RELEASE_EMFILE */
    VALUE_HEARTBEAT, /* struct heartbeat */
    VALUE_KEEPALIVE, /* struct keepalive */
    VALUE_LINGER,    /* int64_t seconds, LINGER_OFF or UNTOUCHED */
    VALUE_TIMEOUT,   /* int64_t milliseconds, low to high, or UNTOUCHED */
    VALUE_COUNT,     /* int64_t, low to high, or UNTOUCHED */
    VALUE_OPTION,    /* enum option_switch */
    VALUE_LIMIT,     /* limit and limit_signal of struct process_policy */
    VALUE_GLOB,      /* char[POLICY_GLOB_MAX] */
    VALUE_DIRECTION, /* enum direction */
    VALUE_CAUSE,     /* enum cause */
    VALUE_RANGE,     /* struct address_range */
    VALUE_PORTS,     /* port_given, port_low and port_high of struct selectors */
};

struct policy_key {
    const char *name;
    enum key_scope scope;
    enum value_kind kind;
    size_t offset;            /* in struct process_policy, socket_policy or selectors, by scope */
    unsigned bit;             /* socket keys only: enum socket_key, or enum option_key */
    bool option;              /* a socket option */
    bool off;                 /* VALUE_DURATION: "off" is a value too */
    int64_t low, high;        /* VALUE_NUMBER, VALUE_DURATION, VALUE_RELEASE, VALUE_LIMIT */
    const char *const *words; /* VALUE_WORD, VALUE_LIMIT: ends with NULL */
    const char *values;       /* what is expected, as messages and the table say it */
    const char *fallback;     /* the default, as it is written */
    const char *meaning;
};

enum { POLICY_KEYS = 29 };
extern const struct policy_key policy_keys[POLICY_KEYS];

/* What a socket gets where no section says otherwise. */
extern const struct socket_policy socket_defaults;

/* The key of that name within the scopes, or NULL. */
const struct policy_key *policy_key_find(const char *name, size_t length, unsigned scopes);

/* The key that was probably meant, or NULL where nothing is close. */
const struct policy_key *policy_key_nearest(const char *name, size_t length, unsigned scopes);

/*
 * Stores a value's text in its field. `fields` is the struct process_policy,
 * socket_policy or selectors that the key's scope asks for. False: it is no value for this key.
 */
bool policy_key_set(const struct policy_key *key, void *fields, const char *value);

/*
 * The value in a field as it would be written, quoted where it must be; "" for a selector that was
 * not given.
 */
void policy_key_format(const struct policy_key *key, const void *fields, char *buffer, size_t size);

#endif
