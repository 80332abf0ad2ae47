/* Numbers: given back, given to another socket, or one of several that a socket has. */
#include "ground_truth.h"

#include <sys/wait.h>

enum { FILLERS_MAX = 4096 };

void close_hooked(struct play *play)
{
    must(close(play->fd) == 0);
    play->fd = -1;
}

void close_raw(struct play *play)
{
    must(syscall(SYS_close, play->fd) == 0);
    play->fd = -1;
}

/* Libc's own close within fclose(3) passes no hook. */
void close_stream(struct play *play)
{
    if (!play->stream)
        play->stream = fdopen(play->fd, "r+");
    must(play->stream && fclose(play->stream) == 0);
    play->stream = NULL;
    play->fd = -1;
}

void close_other(struct play *play)
{
    must(close(play->other) == 0);
    play->other = -1;
}

/* Calls `open` when this free number is the lowest: what it opens gets it. */
static void open_under(struct play *play, int number, step *open)
{
    int fillers[FILLERS_MAX], count = 0, filler;
    while ((filler = dup(STDIN_FILENO)) != number) {
        must(filler >= 0 && filler < number && count < FILLERS_MAX);
        fillers[count++] = filler;
    }
    syscall(SYS_close, filler);
    note_replaced(play);
    open(play);
    must(play->fd == number);
    while (count)
        syscall(SYS_close, fillers[--count]);
}

void reuse_hooked(struct play *play)
{
    int number = play->fd;
    close_hooked(play);
    open_under(play, number, open_hooked);
}

void reuse_raw(struct play *play)
{
    int number = play->fd;
    close_raw(play);
    open_under(play, number, open_raw);
}

/* The new owner of the number goes the other way. */
void reuse_raw_turned(struct play *play)
{
    play->in = !play->in;
    reuse_raw(play);
}

/* The former owner was reported, and is healed. */
void reuse_reported(struct play *play)
{
    struct truth *former = play->truth;
    reuse_raw(play);
    former->expected = HEALED;
}

void reuse_by_dup2(struct play *play)
{
    int number = play->fd;
    note_replaced(play);
    open_hooked(play);
    must(dup2(play->fd, number) == number);
    must(close(play->fd) == 0);
    play->fd = number;
}

void duplicate(struct play *play)
{
    play->other = play->fd;
    play->fd = dup(play->other);
    must(play->fd >= 0);
}

void use_other(struct play *play)
{
    int fd = play->fd;
    play->fd = play->other;
    play->other = fd;
}

/* Through a message to ourselves (unix(7), SCM_RIGHTS), under a new number, and the old one is closed. */
void pass_over(struct play *play)
{
    int ends[2];
    char byte = 0, room[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {0};
    struct iovec data = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    *rights = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(rights), &play->fd, sizeof(int));
    must(sendmsg(ends[0], &message, 0) == 1);
    must(close(play->fd) == 0);
    must(recvmsg(ends[1], &message, MSG_CMSG_CLOEXEC) == 1);
    memcpy(&play->fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
    close(ends[0]);
    close(ends[1]);
}

void close_in_vfork_child(struct play *play)
{
    int status;
    pid_t child = vfork();
    if (child == 0) {
        close(play->fd);
        _exit(0);
    }
    must(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}
