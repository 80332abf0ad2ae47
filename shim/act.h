/*
 * Ends a connection, through a handle: a descriptor of a table that the program
 * cannot change, on a socket whose cookie has been compared. So whatever the
 * program does with its own numbers meanwhile, no other connection is hit.
 * Watcher; no libc. Answers are 0 or -errno.
 */
#ifndef WAITCLOSE_ACT_H
#define WAITCLOSE_ACT_H

/* A FIN: CLOSE_WAIT becomes LAST_ACK, then CLOSE. What is unread stays readable. */
long act_fin(int handle);

/* An RST, where the connection still stands. The program's next call on the socket fails with ECONNRESET. */
long act_reset(int handle);

/*
 * A FIN where there is still something to end, and an end to reading as well: what is unread is
 * thrown away, for it can be megabytes. An error that the program has not been told stays.
 */
long act_close(int handle);

/* Sends a text, without waiting and without SIGPIPE. -EMSGSIZE: there was no room for all of it. */
long act_send(int handle, const char *text, unsigned size);

#endif
