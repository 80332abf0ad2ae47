#include "act.h"

#include <errno.h>
#include <sys/socket.h>

#include "raw.h"
#include "socket_calls.h"

enum { DISCARD_MAX = 1 << 30 }; /* a receive call takes no more at once (MAX_RW_COUNT) */

long act_fin(int handle)
{
    return raw_shutdown(handle, SHUT_WR);
}

long act_reset(int handle)
{
    struct sockaddr nobody = {.sa_family = AF_UNSPEC}; /* connect(2): dissolves the association */
    return raw_connect(handle, &nobody, sizeof nobody);
}

/*
 * With MSG_TRUNC the kernel drops the data without copying them (tcp(7)). Never more than there is:
 * a read beyond would take a pending error.
 */
static void discard(int handle)
{
    int unread = 0;
    while (raw3(SYS_ioctl, handle, INPUT_QUEUE_REQUEST, (long)&unread) == 0 && unread > 0)
        if (raw_recvfrom(handle, NULL, unread < DISCARD_MAX ? (size_t)unread : DISCARD_MAX,
                         MSG_TRUNC | MSG_DONTWAIT) <= 0)
            return;
}

long act_close(int handle)
{
    long answer = raw_shutdown(handle, SHUT_RDWR);
    if (answer ==
        -ENOTCONN) /* in CLOSE there is nobody to tell; reading is ended all the same (inet_shutdown) */
        answer = 0;
    if (answer == 0)
        discard(handle);
    return answer;
}

long act_send(int handle, const char *text, unsigned size)
{
    long sent = raw_sendto(handle, text, size, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
    return raw_failed(sent) ? sent : sent < (long)size ? -EMSGSIZE : 0;
}
