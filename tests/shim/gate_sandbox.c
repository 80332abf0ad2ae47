// Once a program has locked itself in, nothing is ended any more: its writes could not be kept from raising
// SIGPIPE without calls that its filter may not know.
// policy: action=fin grace=100ms interval=20ms
// expect: leak cause=eof-unread
// everywhere: a seccomp filter
#include "ended.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

int main(void)
{
    int client;
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog filter = {1, &allow};
    leak_many(&client, 1);
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
    await_events(1);
    nap_ms(200);
    must(state_of(client) == CLOSE_WAIT);
    return 0;
}
