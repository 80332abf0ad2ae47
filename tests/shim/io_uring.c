// A socket that io_uring has made and connected: no call of libc's, and none that strace would show.
// policy: grace=100ms interval=20ms
// expect: leak cause=eof-unread dir=out !site peer=~^127.0.0.1:\d+$
#include "sockets.h"

#include <linux/io_uring.h>
#include <stdint.h>
#include <sys/mman.h>

static int ring;
static struct io_uring_params params;
static char *queue;
static struct io_uring_sqe *entries;

static void *map(size_t size, off_t what)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, what);
    must(memory != MAP_FAILED);
    return memory;
}

static void open_ring(void)
{
    ring = (int)syscall(SYS_io_uring_setup, 1, &params);
    must(ring >= 0 && params.features & IORING_FEAT_SINGLE_MMAP);
    queue = map(params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_SQ_RING);
    entries = map(params.sq_entries * sizeof *entries, IORING_OFF_SQES);
}

/* Carries out one request, and returns its result. */
static int carry_out(struct io_uring_sqe entry)
{
    unsigned *tail = (unsigned *)(queue + params.sq_off.tail),
             *head = (unsigned *)(queue + params.cq_off.head);
    struct io_uring_cqe *results = (struct io_uring_cqe *)(queue + params.cq_off.cqes);
    entries[0] = entry;
    ((unsigned *)(queue + params.sq_off.array))[0] = 0;
    __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
    must(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1);
    int result = results[*head & (params.cq_entries - 1)].res;
    __atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
    return result;
}

int main(void)
{
    int listener = listen_on_loopback();
    struct sockaddr_in there = address_of(listener);
    open_ring();
    int client =
        carry_out((struct io_uring_sqe){.opcode = IORING_OP_SOCKET, .fd = AF_INET, .off = SOCK_STREAM});
    must(client >= 0);
    must(carry_out((struct io_uring_sqe){
             .opcode = IORING_OP_CONNECT, .fd = client, .addr = (uintptr_t)&there, .off = sizeof there}) ==
         0);
    close(accept(listener, NULL, NULL));
    await_events(1);
    return 0;
}
