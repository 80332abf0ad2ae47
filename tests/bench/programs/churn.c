/*
 * churn: for each line on its input with a number, makes as many connections to itself one after the other,
 * as fast as it can, and answers with how many nanoseconds that took and "."; nothing else is open.
 */
#include "say.h"

#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in address;
static int listener;

/* What is accepted ends with a reset, so that no port is lost to TIME_WAIT. */
static void open_listener(void)
{
    struct linger reset = {1, 0};
    socklen_t size = sizeof address;
    address = loopback(0);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1) ||
        setsockopt(listener, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) ||
        getsockname(listener, (struct sockaddr *)&address, &size))
        fail("listen");
}

static void connect_once(void)
{
    int mine = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(mine, (struct sockaddr *)&address, sizeof address))
        fail("connect");
    int accepted = accept(listener, NULL, NULL);
    close(accepted);
    close(mine);
}

int main(void)
{
    char line[32];
    open_listener();
    while (fgets(line, sizeof line, stdin)) {
        long count = atol(line);
        long long began = now_ns(CLOCK_MONOTONIC);
        for (long i = 0; i < count; i++)
            connect_once();
        printf("%lld\n", now_ns(CLOCK_MONOTONIC) - began);
        done();
    }
    return 0;
}
