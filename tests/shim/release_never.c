// Without release= a number is never given back, at the descriptor limit neither.
// policy: action=close grace=100ms interval=20ms
// expect: 20 leak cause=eof-unread
// expect: 20 action action=close result=ok
#include "ended.h"

#include <sys/resource.h>

int main(void)
{
    int clients[20], listener;
    leak_many(clients, 20);
    struct rlimit limit = {clients[19] + 1, clients[19] + 1};
    await_events(40);
    must((listener = listen_on_loopback()) >= 0);
    must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    while (dup(0) >= 0)
        ;
    for (int i = 0; i < 20; i++) {
        must(accept(listener, NULL, NULL) < 0 && errno == EMFILE);
        must(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EMFILE);
        must(state_of(clients[i]) == CLOSED);
        nap_ms(10);
    }
    return 0;
}
