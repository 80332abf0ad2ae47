/* Processes that the program forks: each keeps one socket of its parent's, and sends on it or only holds it.
 */
#include "ground_truth.h"

#include <poll.h>
#include <sys/wait.h>

enum { CHILDREN_MAX = 1024 };

/* A child lives until its parent closes the other end of the pipe. */
static struct child {
    pid_t process;
    int pipe;
} children[CHILDREN_MAX];
static int child_count;

/* Past libc: the numbers are only copies, and what the program does with its own is under test. */
static void close_all_but(int fd, int pipe)
{
    for (int number = STDERR_FILENO + 1; number < getdtablesize(); number++)
        if (number != fd && number != pipe)
            syscall(SYS_close, number);
}

static _Noreturn void live(int fd, int pipe, bool sends, int64_t forked_at)
{
    struct pollfd end = {.fd = pipe, .events = POLLIN};
    close_all_but(fd, pipe);
    if (now_ms() - forked_at >
        LATENESS_MS) /* its watcher may have met sockets that were never meant to be its own */
        _exit(MACHINE_TOO_SLOW);
    while (poll(&end, 1, SENDING_MS) == 0)
        if (sends)
            must(send(fd, ".", 1, MSG_NOSIGNAL) == 1);
    _exit(0);
}

static pid_t fork_child(struct play *play, bool sends)
{
    int ends[2];
    int64_t forked_at = now_ms();
    must(child_count < CHILDREN_MAX && pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0)
        live(play->fd, ends[0], sends, forked_at);
    must(child > 0);
    close(ends[0]);
    children[child_count++] = (struct child){child, ends[1]};
    return child;
}

void fork_sender(struct play *play)
{
    fork_child(play, true);
}

/* It holds what the program holds, and so leaks what the program leaks. */
void fork_holder(struct play *play)
{
    note_child(play, fork_child(play, false));
}

/* From now on the child alone holds it. */
void hand_over(struct play *play)
{
    fork_holder(play);
    note_replaced(play);
    close_hooked(play);
}

void end_children(void)
{
    for (int i = 0; i < child_count; i++) {
        int status;
        close(children[i].pipe);
        must(waitpid(children[i].process, &status, 0) == children[i].process);
        if (WIFEXITED(status) && WEXITSTATUS(status) == MACHINE_TOO_SLOW)
            too_slow("a child");
        if (status != 0)
            dprintf(STDERR_FILENO, "wait status of a child: %#x\n", (unsigned)status);
        must(status == 0);
    }
}
