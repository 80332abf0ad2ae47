/*
 * Gives sockets the options that their author forgot, where the policy says so:
 * at socket() what no section narrows, at listen() what accepted sockets inherit,
 * at connect() and accept() what waits for an address; and to sockets that no hook saw,
 * when they are found.
 *
 * What the program sets itself wins, but for what is enforced. All functions keep
 * errno, take no lock and allocate nothing; the one kind of system call of our own that
 * they make is what the policy asks for: setsockopt(2), and getsockname(2) and
 * getpeername(2) where a section waits for an address.
 */
#ifndef WAITCLOSE_OPTIONS_H
#define WAITCLOSE_OPTIONS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "waitclose/policy.h"

/* Whether the policy gives any option: for the hooks' glance. Constant after options_open. */
extern bool options_wanted __attribute__((visibility("hidden")));

/* Constructor only. numbers: as hints_open was given. False: no memory; then no option is given. */
bool options_open(const struct policy *policy, unsigned numbers);

/* From hooks, each only where options_wanted. options_listen returns the accept queue's size to ask for. */
void options_at_birth(int fd);
void options_before_connect(int fd, const struct sockaddr *peer, socklen_t peer_size);
void options_after_connect(int fd);
int options_at_listen(int fd, int backlog);
void options_at_accept(int fd, int listener);

/* A socket that no hook saw being made; the handle is on what lies under the number. Also from the watcher.
 */
void options_for_found(int number, int handle);

/*
 * From the setsockopt hook. options_enforced: the call is to succeed and change nothing.
 * options_set_by_program: it has succeeded, so the policy's default yields.
 */
bool options_enforced(int fd, int level, int name);
void options_set_by_program(int fd, int level, int name);

/* What the kernel would not take, each key once. Watcher; the next, or false. */
struct refused_option {
    const char *key;
    int number; /* of the first socket */
    long error; /* -errno */
};
bool options_next_refused(struct refused_option *refused);

#endif
