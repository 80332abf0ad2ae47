/*
 * Sockets that live through io_uring(7) alone, one request at a time. Where the ring is not to be
 * had (an older kernel, a sandbox), a bare system call stands in: neither passes a hook.
 */
#include "ground_truth.h"

#include <linux/io_uring.h>
#include <sys/mman.h>

enum { ENTRIES = 4, OP_SOCKET = 45 /* IORING_OP_SOCKET, Linux 5.19 */ };

static struct {
    int fd; /* 0: not tried yet; -1: there is none */
    uint32_t *tail, *head, *mask, *array, *done_head, *done_tail, *done_mask;
    struct io_uring_sqe *requests;
    struct io_uring_cqe *answers;
} ring;

static void *map(size_t size, off_t what)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, what);
    must(memory != MAP_FAILED);
    return memory;
}

static bool have_ring(void)
{
    struct io_uring_params about = {0};
    if (ring.fd)
        return ring.fd > 0;
    ring.fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &about);
    if (ring.fd < 0)
        return false;
    char *queue = map(about.sq_off.array + about.sq_entries * sizeof(uint32_t), IORING_OFF_SQ_RING);
    char *done = map(about.cq_off.cqes + about.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
    ring.requests = map(about.sq_entries * sizeof *ring.requests, IORING_OFF_SQES);
    ring.tail = (uint32_t *)(queue + about.sq_off.tail);
    ring.mask = (uint32_t *)(queue + about.sq_off.ring_mask);
    ring.array = (uint32_t *)(queue + about.sq_off.array);
    ring.done_head = (uint32_t *)(done + about.cq_off.head);
    ring.done_mask = (uint32_t *)(done + about.cq_off.ring_mask);
    ring.answers = (struct io_uring_cqe *)(done + about.cq_off.cqes);
    return true;
}

/* Hands one request in and waits for its answer: a value, or -errno. */
static int carry_out(const struct io_uring_sqe *request)
{
    uint32_t tail = *ring.tail, place = tail & *ring.mask;
    ring.requests[place] = *request;
    ring.array[place] = place;
    __atomic_store_n(ring.tail, tail + 1, __ATOMIC_RELEASE);
    must(syscall(SYS_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1);
    uint32_t head = *ring.done_head;
    int answer = ring.answers[head & *ring.done_mask].res;
    __atomic_store_n(ring.done_head, head + 1, __ATOMIC_RELEASE);
    return answer;
}

int uring_socket(int domain, int type)
{
    struct io_uring_sqe request = {.opcode = OP_SOCKET, .fd = domain, .off = (uint64_t)type};
    int fd = have_ring() ? carry_out(&request) : -EINVAL;
    return fd == -EINVAL ? (int)syscall(SYS_socket, domain, type, 0) : fd;
}

int uring_connect(int fd, const struct sockaddr_storage *address, socklen_t size)
{
    struct io_uring_sqe request = {
        .opcode = IORING_OP_CONNECT, .fd = fd, .addr = (uintptr_t)address, .off = size};
    return have_ring() ? carry_out(&request) : (int)syscall(SYS_connect, fd, address, size);
}

int uring_accept(int listener)
{
    struct io_uring_sqe request = {.opcode = IORING_OP_ACCEPT, .fd = listener, .accept_flags = SOCK_CLOEXEC};
    return have_ring() ? carry_out(&request) : (int)syscall(SYS_accept4, listener, NULL, NULL, SOCK_CLOEXEC);
}

static int receive(int fd, char *buffer, unsigned size)
{
    struct io_uring_sqe request = {
        .opcode = IORING_OP_RECV, .fd = fd, .addr = (uintptr_t)buffer, .len = size};
    return have_ring() ? carry_out(&request) : (int)syscall(SYS_read, fd, buffer, size);
}

void uring_take(struct play *play)
{
    char buffer[256];
    must(receive(play->fd, buffer, sizeof buffer) == (int)play->unread);
    play->unread = 0;
}

void uring_take_end(struct play *play)
{
    char byte;
    must(receive(play->fd, &byte, 1) == 0);
}

void close_uring(struct play *play)
{
    struct io_uring_sqe request = {.opcode = IORING_OP_CLOSE, .fd = play->fd};
    must((have_ring() ? carry_out(&request) : (int)syscall(SYS_close, play->fd)) == 0);
    play->fd = -1;
}
