// Sockets that never were a connection: fresh, bound, refused once and refused twice.
// policy: grace=50ms idle=50ms interval=20ms
// expect: nothing
#include "sockets.h"

int main(void)
{
    struct sockaddr_in here = loopback(), nobody;
    int fresh = socket(AF_INET, SOCK_STREAM, 0), refused = socket(AF_INET, SOCK_STREAM, 0);
    int bound = socket(AF_INET6, SOCK_STREAM, 0), unread = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int listener = listen_on_loopback();
    nobody = address_of(listener);
    close(listener);
    must(fresh >= 0 && refused >= 0 && bound >= 0 && unread >= 0);
    must(bind(fresh, (struct sockaddr *)&here, sizeof here) == 0);
    for (int i = 0; i < 2; i++)
        must(connect(refused, (struct sockaddr *)&nobody, sizeof nobody) < 0 && errno == ECONNREFUSED);
    must(connect(unread, (struct sockaddr *)&nobody, sizeof nobody) < 0 && errno == EINPROGRESS);
    nap_ms(300);
    return 0;
}
