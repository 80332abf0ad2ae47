// All that is unread is a TLS goodbye, plain (1.2) or as 1.3 hides it: nobody would read that. Other bytes
// are data.
// policy: grace=100ms unread-grace=1m interval=20ms
// expect: leak cause=eof-unread tls_close_notify=true recv_q=7
// expect: leak cause=eof-unread tls_close_notify=true recv_q=24
// everywhere: system calls by number
#include "sockets.h"

static void leave_unread(const char *bytes, size_t size)
{
    struct pair pair = pair_of_sockets();
    must(write(pair.server, bytes, size) == (ssize_t)size);
    close(pair.server);
}

int main(void)
{
    static const char alert[7] = "\x15\x03\x03\x00\x02\x01\x00", hidden[24] = "\x17\x03\x03\x00\x13";
    static const char no_alert[7] = "\x15\x03\x03\x00\x03\x01\x00", data[24] = "GET / HTTP/1.0\r\n\r\n";
    leave_unread(alert, sizeof alert);
    leave_unread(hidden, sizeof hidden);
    leave_unread(no_alert, sizeof no_alert);
    leave_unread(data, sizeof data);
    await_events(2);
    return 0;
}
