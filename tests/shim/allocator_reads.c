// The program's own allocator reads and closes a file whenever it is called, as jemalloc does when it starts,
// and cannot bear to be called from within. Naive: a hook that allocates, or looks its function up with a
// dlsym that allocates, goes round in a circle, or waits for the lock that it holds.
// policy: grace=500ms interval=20ms stack=4
// expect: leak cause=eof-ignored dir=out
#include "sockets.h"

#include <stdatomic.h>

enum { ROOM = 1 << 22 };

static _Alignas(16) char room[ROOM];
static _Atomic size_t used;
static _Thread_local bool within __attribute__((tls_model("initial-exec")));

static void *take(size_t size)
{
    char byte;
    must(!within);
    within = true;
    int file = (int)syscall(SYS_openat, AT_FDCWD, "/dev/zero", O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        must(read(file, &byte, 1) == 1);
        must(close(file) == 0);
    }
    within = false;
    size_t place = atomic_fetch_add(&used, (size + 31) / 16 * 16);
    must(place + size + 16 < ROOM);
    memcpy(room + place, &size, sizeof size);
    return room + place + 16;
}

void *malloc(size_t size)
{
    return take(size);
}

void *calloc(size_t count, size_t size)
{
    return take(count * size); /* never used before, so it is 0 */
}

void *realloc(void *old, size_t size)
{
    size_t before = 0;
    void *new = take(size);
    if (old)
        memcpy(&before, (char *)old - 16, sizeof before);
    if (old)
        memcpy(new, old, before < size ? before : size);
    return new;
}

void free(void *unused)
{
    (void)unused;
}

int main(void)
{
    char text[8];
    free(malloc(1));
    struct pair pair = pair_of_sockets();
    close(pair.server);
    must(recv(pair.client, text, sizeof text, 0) == 0);
    await_events(1);
    return 0;
}
