// What was ended before a fork is no leak of the child's.
// policy: action=fin grace=100ms interval=20ms
// expect: leak cause=eof-unread
// expect: action action=fin result=ok
#include "ended.h"

int main(void)
{
    int client = ended_socket();
    pid_t child = fork();
    must(child >= 0);
    if (child == 0) {
        nap_ms(500);
        must(write(client, "x", 1) < 0 && errno == EPIPE);
        exit(0);
    }
    must(status_of(child) == 0);
    return 0;
}
