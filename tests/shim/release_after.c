// release=DURATION: the number is given back when the program makes its next socket, but not before its time.
// policy: action=close grace=100ms interval=20ms release=400ms
// expect: leak cause=eof-unread
// expect: action action=close result=ok
// expect: action action=release result=ok
// everywhere: signals are held back
#include "ended.h"

int main(void)
{
    int client = ended_socket();
    int early = socket(AF_INET, SOCK_STREAM, 0);
    must(early != client && fcntl(client, F_GETFD) >= 0);
    nap_ms(500);
    must(fcntl(client, F_GETFD) >= 0);
    int next = socket(AF_INET, SOCK_STREAM, 0);
    must(next == client);
    await_events(3);
    must(close(next) == 0 && close(early) == 0);
    return 0;
}
