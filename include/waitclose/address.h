/*
 * An Internet address with its port, in one shape for IPv4 and IPv6.
 *
 * IPv4-mapped IPv6 addresses (::ffff:10.0.0.1) are stored as IPv4, so that a
 * policy written for 10.0.0.0/8 also holds for a dual-stack socket.
 */
#ifndef WAITCLOSE_ADDRESS_H
#define WAITCLOSE_ADDRESS_H

#include <stdint.h>

enum address_family { ADDRESS_NONE = 0, ADDRESS_IPV4 = 4, ADDRESS_IPV6 = 6 };

struct address {
    uint8_t family;    /* enum address_family */
    uint8_t bytes[16]; /* network order; IPv4 uses the first 4 */
    uint16_t port;     /* host order */
};

#endif
