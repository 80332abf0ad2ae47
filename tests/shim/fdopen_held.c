// A stdio stream that has seen the end and is kept: only the kernel knows.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-ignored dir=out !reader
// everywhere: libc's own way past the hooks
#include "sockets.h"

int main(void)
{
    char text[16];
    struct pair pair = pair_of_sockets();
    FILE *stream = fdopen(pair.client, "r+");
    send_and_close(pair.server, "a line\n");
    must(stream && fgets(text, sizeof text, stream));
    must(!fgets(text, sizeof text, stream) && feof(stream));
    await_events(1);
    return 0;
}
