/*
 * An echo server as tutorials have it. When a client is done, or gone, it leaves
 * the loop and serves the next one; that the socket is still open it forgets.
 *
 * Prints its port. A client that says "quit" ends it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        perror("server");
        return 1;
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);

    for (;;) {
        char buffer[1024];
        int client = accept(listener, NULL, NULL);
        for (;;) {
            ssize_t length = recv(client, buffer, sizeof buffer, 0);
            if (length <= 0)
                break;
            if (length >= 4 && memcmp(buffer, "quit", 4) == 0)
                return 0;
            send(client, buffer, (size_t)length, 0);
        }
    }
}
