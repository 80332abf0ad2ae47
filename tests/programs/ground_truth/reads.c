/* What the program does with a socket while it is open, or leaves undone. */
#include "ground_truth.h"

#include <fcntl.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/uio.h>

enum { ROOM = 512, PART = 5 };

static char buffer[ROOM];

/* Through one of libc's calls, whichever. */
static ssize_t read_somehow(int fd, size_t size)
{
    struct iovec vector = {buffer, size};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &vector, .msg_iovlen = 1}};
    switch (pick(6)) {
    case 0:
        return read(fd, buffer, size);
    case 1:
        return recv(fd, buffer, size, 0);
    case 2:
        return recvfrom(fd, buffer, size, MSG_DONTWAIT, NULL, NULL);
    case 3:
        return readv(fd, &vector, 1);
    case 4:
        return recvmsg(fd, &message.msg_hdr, 0);
    default:
        return recvmmsg(fd, &message, 1, 0, NULL) < 0 ? -1 : (ssize_t)message.msg_len;
    }
}

static ssize_t read_raw(int fd, size_t size)
{
    return syscall(SYS_read, fd, buffer, size);
}

void take(struct play *play)
{
    must(read_somehow(play->fd, ROOM) == (ssize_t)play->unread);
    play->unread = 0;
}

void take_part(struct play *play)
{
    must(read_somehow(play->fd, PART) == PART);
    play->unread -= PART;
}

/* Taken with the body: nothing is left in the queue, and yet nobody was told. */
void take_with_fin(struct play *play)
{
    uint32_t memory[SK_MEMINFO_VARS];
    socklen_t size = sizeof memory;
    take(play);
    must(getsockopt(play->fd, SOL_SOCKET, SO_MEMINFO, memory, &size) == 0);
    must(memory[SK_MEMINFO_RMEM_ALLOC] == 0);
}

/* It returns 0, which means nothing; some of these calls take the FIN from the queue all the same. */
void take_nothing(struct play *play)
{
    must(read_somehow(play->fd, 0) == 0);
}

void take_end(struct play *play)
{
    must(read_somehow(play->fd, ROOM) == 0);
}

void take_error(struct play *play)
{
    must(read_somehow(play->fd, ROOM) < 0 && errno == ECONNRESET);
}

/* As event loops do. */
void take_error_by_option(struct play *play)
{
    int error = 0;
    socklen_t size = sizeof error;
    must(getsockopt(play->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == ECONNRESET);
}

void raw_take(struct play *play)
{
    must(read_raw(play->fd, ROOM) == (ssize_t)play->unread);
    play->unread = 0;
}

void raw_take_end(struct play *play)
{
    must(read_raw(play->fd, ROOM) == 0);
}

void raw_take_error(struct play *play)
{
    must(read_raw(play->fd, ROOM) < 0 && errno == ECONNRESET);
}

/* Libc's own reads within stdio pass no hook. */
void stream_take(struct play *play)
{
    play->stream = fdopen(play->fd, "r+");
    must(play->stream && fgets(buffer, ROOM, play->stream));
    must(strlen(buffer) == play->unread);
    play->unread = 0;
}

void stream_take_end(struct play *play)
{
    must(fgetc(play->stream) == EOF && feof(play->stream));
}

/* As proxies do; no hook. */
void take_end_by_splice(struct play *play)
{
    int ends[2];
    must(pipe(ends) == 0);
    while (splice(play->fd, NULL, ends[1], NULL, ROOM, 0) > 0)
        ;
    play->unread = 0;
    close(ends[0]);
    close(ends[1]);
}

void answer(struct play *play)
{
    must(send(play->fd, "thanks", 6, MSG_NOSIGNAL) == 6);
}

/* After its report the policy may have ended it. */
void answer_unless_ended(struct play *play)
{
    ssize_t sent = send(play->fd, "thanks", 6, MSG_NOSIGNAL);
    must(sent == 6 || (sent < 0 && (errno == EPIPE || errno == ECONNRESET)));
}

/* To a peer that has closed: the first is answered with a reset, the second fails. */
void answer_twice_in_vain(struct play *play)
{
    answer(play);
    await_state(play, TCP_CLOSE);
    must(send(play->fd, "thanks", 6, MSG_NOSIGNAL) < 0 && errno == EPIPE);
}

/* Until no more fits: the peer does not read. */
void fill_up(struct play *play)
{
    while (send(play->fd, buffer, ROOM, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        ;
    must(errno == EAGAIN);
}

/* The peer's kernel answers the probes: news of a kind, but not of the program. */
void keep_alive(struct play *play)
{
    int on = 1, second = 1;
    must(setsockopt(play->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == 0);
    must(setsockopt(play->fd, IPPROTO_TCP, TCP_KEEPIDLE, &second, sizeof second) == 0);
    must(setsockopt(play->fd, IPPROTO_TCP, TCP_KEEPINTVL, &second, sizeof second) == 0);
}

void shut_write(struct play *play)
{
    must(shutdown(play->fd, SHUT_WR) == 0);
}

void shut_read(struct play *play)
{
    must(shutdown(play->fd, SHUT_RD) == 0);
}

void shut_both(struct play *play)
{
    must(shutdown(play->fd, SHUT_RDWR) == 0);
}

void raw_shut_write(struct play *play)
{
    must(syscall(SYS_shutdown, play->fd, SHUT_WR) == 0);
}

/* After an end in order: the peer has acknowledged our FIN. */
void await_close(struct play *play)
{
    await_state(play, TCP_CLOSE);
}

static void wait_ms(struct play *play, int64_t ms)
{
    play->due = now_ms() + ms;
}

void wait_within_grace(struct play *play)
{
    wait_ms(play, grace / 2);
}

void wait_beyond_grace(struct play *play)
{
    wait_ms(play, (grace + unread_grace) / 2);
}

void wait_for_report(struct play *play)
{
    wait_ms(play, 0);
    play->until_reported = true;
}

/* Long enough for clocks of 4 ms each to agree that the peer went before. */
void wait_in_queue(struct play *play)
{
    wait_ms(play, QUEUE_MS);
}

/* Until the watcher has surely met a socket that passed no hook. */
void wait_for_round(struct play *play)
{
    wait_ms(play, ROUND_MS);
    play->looks = witness_looks() + ROUND_LOOKS;
}
