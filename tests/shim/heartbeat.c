// A connection that is quiet gets its heartbeat, again and again; one that is not does not, nor one with
// bytes left unread.
// policy: interval=20ms [dir=out port=1-65535] heartbeat="200ms:PING\r\n"
// expect: nothing
// everywhere: times
#include "sockets.h"

static int beats(int fd)
{
    char text[4096];
    ssize_t size = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
    int count = 0;
    if (size < 0)
        return 0;
    text[size] = '\0';
    for (const char *at = text; (at = strstr(at, "PING\r\n")); at += 6)
        count++;
    must(count * 6 == size);
    return count;
}

/* Beats wait for /proc to be read, which takes its time on a busy machine. */
enum { ROUNDS = 20, ROUNDS_MAX = 400, ROUND_MS = 50, BEAT_MS = 200 };

int main(void)
{
    char text[8];
    int got = 0;
    int64_t began = now_ms();
    struct pair quiet = pair_of_sockets(), busy = pair_of_sockets(), unread = pair_of_sockets();
    must(send(unread.server, "data", 4, 0) == 4);
    for (int i = 0; i < ROUNDS || (got < 2 && i < ROUNDS_MAX); i++) {
        must(send(busy.client, "data", 4, 0) == 4 && recv(busy.server, text, 4, MSG_WAITALL) == 4);
        must(memcmp(text, "data", 4) == 0);
        nap_ms(ROUND_MS);
        got += beats(quiet.server);
    }
    must(got >= 2 && got <= (now_ms() - began) / BEAT_MS);
    must(beats(unread.server) == 0);
    must(recv(busy.server, text, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
    must(recv(unread.client, text, sizeof text, 0) == 4);
    return 0;
}
