/*
 * refuse.so, preloaded behind the library: system calls fail wherever the library makes them, and for nobody
 * else, by a filter (seccomp(2)) that looks where a call comes from.
 *
 *   REFUSE='NUMBER:ERRNO:first NUMBER:ERRNO:later'
 *
 * first: before the library's constructor. later: from the program's first accept(2) on, on all threads, when
 * the watcher has been at work for a while. An ERRNO of 0 ends the program instead (SIGSYS), which shows that
 * the call is made.
 */
#include <elf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <link.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "raw.h" /* libc's syscall(2) is hooked, and a sandbox that comes is not to be known of */

enum { UNTIL_IT_IS_AT_WORK_MS = 60 };

struct code {
    uintptr_t start, end;
};

static int is_the_library(struct dl_phdr_info *info, size_t size, void *found)
{
    static const char name[] = "/libwaitclose.so";
    struct code *code = found;
    size_t length = strlen(info->dlpi_name);
    (void)size;
    if (length < sizeof name || strcmp(info->dlpi_name + length - sizeof name + 1, name) != 0)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && part->p_flags & PF_X)
            *code = (struct code){info->dlpi_addr + part->p_vaddr,
                                  info->dlpi_addr + part->p_vaddr + part->p_memsz};
    }
    return 1;
}

static void refuse(const struct code *code, uint32_t number, uint32_t error)
{
    uint32_t answer = error ? SECCOMP_RET_ERRNO | error : SECCOMP_RET_KILL_PROCESS;
    uint64_t start = code->start, end = code->end;
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 6),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(start >> 32), 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)start, 0, 2),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)end, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, answer),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof rules / sizeof *rules, rules};
    if (raw5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        raw3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, (long)&filter) != 0) {
        dprintf(STDERR_FILENO, "refuse: no filter\n");
        _exit(99);
    }
}

static void refuse_all(const char *moment)
{
    struct code code = {0, 0};
    char when[8];
    unsigned number, error;
    int length;
    dl_iterate_phdr(is_the_library, &code);
    for (const char *at = getenv("REFUSE");
         at && sscanf(at, "%u:%u:%7s%n", &number, &error, when, &length) == 3; at += length)
        if (code.end && strcmp(when, moment) == 0)
            refuse(&code, number, error);
}

__attribute__((constructor)) static void at_load(void)
{
    refuse_all("first");
}

/* Behind the library's hook. */
int accept(int fd, struct sockaddr *peer, socklen_t *size)
{
    static atomic_bool done;
    if (!atomic_exchange(&done, true)) {
        poll(NULL, 0, UNTIL_IT_IS_AT_WORK_MS);
        refuse_all("later");
    }
    return (int)syscall(SYS_accept4, fd, peer, size, 0);
}
