// A stdio stream's reads and its close pass no hook.
// policy: grace=1s interval=20ms
// expect: nothing
#include "sockets.h"

int main(void)
{
    char text[16];
    struct pair pair = pair_of_sockets();
    FILE *stream = fdopen(pair.client, "r+");
    send_and_close(pair.server, "a line\n");
    must(stream && fgets(text, sizeof text, stream));
    must(!fgets(text, sizeof text, stream) && feof(stream));
    nap_ms(200);
    fclose(stream);
    nap_ms(1000);
    return 0;
}
