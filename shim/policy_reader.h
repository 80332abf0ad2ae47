/*
 * Reads a policy's text token by token, and says where a mistake stands.
 * What the tokens mean is not known here. Private to shim/policy_*.c.
 */
#ifndef POLICY_READER_H
#define POLICY_READER_H

#include "waitclose/policy.h"

/* One source being read: WAITCLOSE, -o, or a file. A file within it gets a reader of its own. */
struct reader {
    struct policy_mistake *mistake;
    char *value;        /* the value read last, POLICY_PATH_MAX bytes; shared with the files within */
    const char *source; /* its name in messages */
    const char *text;
    const char *at; /* what comes next in text */

    /* The rest is the grammar's (policy_parse.c). */
    struct policy *policy;
    unsigned depth; /* of @FILE within @FILE */
    bool in_section;
    struct selectors selectors; /* of the section; none outside */
    struct rule *rule;          /* what the section has filled in last, or NULL */
};

/* The left side of key=value. */
struct key_token {
    const char *text;
    size_t length;
    bool assigned; /* "=" or "!=" follows */
    bool enforced; /* "!=" */
};

/* A piece of text from outside, cut and escaped, fit for a message. */
struct excerpt {
    char text[160];
};

struct excerpt excerpt(const char *text, size_t length);

/* Copies text from outside as printable ASCII with C escapes; what does not fit is cut and ends in "...". */
void policy_escape(char *buffer, size_t size, const char *text, size_t length);

/*
 * Fills in the mistake, for the place `where` in the text. Always false, so that a reading function
 * can end with it.
 */
__attribute__((format(printf, 3, 4))) bool reader_mistaken(const struct reader *reader, const char *where,
                                                           const char *format, ...);

/* What follows separators and comments. */
const char *reader_skip(const char *at);

/* Reads a key and the '=' or '!=' right after it, if there is one. */
bool reader_key(struct reader *reader, struct key_token *token);

/*
 * Reads a value, quoted or bare, into reader->value. In a section's brackets a bare value ends
 * before ']' too.
 */
bool reader_value(struct reader *reader, bool in_brackets);

#endif
