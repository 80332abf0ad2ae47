/* A dump of TCP sockets, as sock_diag(7) is asked for it; library and command ask the same. */
#ifndef WAITCLOSE_SHIM_DIAG_H
#define WAITCLOSE_SHIM_DIAG_H

#include <stdint.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

struct diag_request {
    struct nlmsghdr header;
    struct inet_diag_req_v2 body;
};

/* All of a family in these states (bits 1 << enum tcp_state), each with its struct tcp_info. Callable from
 * anywhere. */
static inline struct diag_request diag_dump(uint8_t family, uint32_t states)
{
    return (struct diag_request){
        .header = {.nlmsg_len = sizeof(struct diag_request),
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.sdiag_family = family,
                 .sdiag_protocol = IPPROTO_TCP,
                 .idiag_ext = 1 << (INET_DIAG_INFO - 1),
                 .idiag_states = states},
    };
}

#endif
