#include "address.h"

#include <netinet/in.h>

#include "bare.h"

static uint16_t host_order(uint16_t port)
{
    const uint8_t *bytes = (const uint8_t *)&port;
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static struct address from_ipv4(const struct sockaddr_in *in)
{
    struct address address = {.family = ADDRESS_IPV4, .port = host_order(in->sin_port)};
    memcpy(address.bytes, &in->sin_addr, 4);
    return address;
}

static struct address from_ipv6(const struct sockaddr_in6 *in6)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct address address = {.family = ADDRESS_IPV6, .port = host_order(in6->sin6_port)};
    memcpy(address.bytes, &in6->sin6_addr, 16);
    if (memcmp(address.bytes, mapped, sizeof mapped) == 0) {
        address.family = ADDRESS_IPV4;
        memmove(address.bytes, address.bytes + 12, 4);
        memset(address.bytes + 4, 0, 12);
    }
    return address;
}

struct address address_from(const void *sockaddr, socklen_t size)
{
    sa_family_t family = AF_UNSPEC;
    if (!sockaddr || size < sizeof family)
        return (struct address){.family = ADDRESS_NONE};
    memcpy(&family, sockaddr, sizeof family);
    if (family == AF_INET && size >= sizeof(struct sockaddr_in))
        return from_ipv4(sockaddr);
    if (family == AF_INET6 && size >= offsetof(struct sockaddr_in6, sin6_scope_id))
        return from_ipv6(sockaddr);
    return (struct address){.family = ADDRESS_NONE};
}
