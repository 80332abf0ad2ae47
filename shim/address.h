/* From the kernel's sockaddr to struct address. */
#ifndef WAITCLOSE_SHIM_ADDRESS_H
#define WAITCLOSE_SHIM_ADDRESS_H

#include <sys/socket.h>

#include "waitclose/address.h"

/*
 * family is ADDRESS_NONE for anything but IPv4 and IPv6, or where size does not cover the whole.
 * Callable from anywhere.
 */
struct address address_from(const void *sockaddr, socklen_t size);

#endif
