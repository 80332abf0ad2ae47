/*
 * A server with two mistakes, each in a function of its own: it forgets to close
 * after the end of most clients, and never reads from the others at all.
 *
 * server FORGOTTEN NEGLECTED: prints its port, serves so many of each, and waits for the end of its input.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static inline __attribute__((always_inline)) int next_client(int listener)
{
    int client = accept(listener, NULL, NULL);
    if (client < 0)
        exit(1);
    return client;
}

static __attribute__((noinline)) void forget(int listener)
{
    char byte;
    int client = next_client(listener);
    while (read(client, &byte, 1) > 0)
        ;
}

static __attribute__((noinline)) void neglect(int listener)
{
    int client = next_client(listener);
    printf("%d\n", client);
}

int main(int count, char **arguments)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (count != 3 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        return 1;
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (int i = 0; i < atoi(arguments[1]); i++)
        forget(listener);
    for (int i = 0; i < atoi(arguments[2]); i++)
        neglect(listener);
    return getchar() != EOF;
}
