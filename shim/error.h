/* Errors by their names, as errno(3) has them. Callable from anywhere; no libc. */
#ifndef WAITCLOSE_ERROR_H
#define WAITCLOSE_ERROR_H

/* "ok" for 0, "ENOTCONN" for -ENOTCONN; one without a name here is "error". */
const char *error_name(long result);

#endif
