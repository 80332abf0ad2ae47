/*
 * A client that sends each line of its input, and reads an answer to those that
 * end in a question mark. What it is told, an end or an error, it prints; what
 * that means for the socket it does not ask.
 *
 * client PORT
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    server.sin_port = htons((unsigned short)atoi(argc > 1 ? argv[1] : "0"));
    if (connect(connection, (struct sockaddr *)&server, sizeof server) != 0) {
        perror("client");
        return 1;
    }

    char line[1024];
    while (fgets(line, sizeof line, stdin)) {
        size_t length = strlen(line);
        if (send(connection, line, length, MSG_NOSIGNAL) < 0)
            perror("send");
        printf("sent %s", line);
        fflush(stdout);
        if (length > 1 && line[length - 2] == '?') {
            ssize_t got = recv(connection, line, sizeof line - 1, 0);
            if (got < 0)
                printf("error\n");
            else
                printf("got %zd\n", got);
        }
        fflush(stdout);
    }
    return 0;
}
