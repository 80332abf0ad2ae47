#include "process.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf.h"
#include "image.h"
#include "waitclose/executed.h"

/* A file of the process in /proc, or -1. */
static int open_of(pid_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* The kernel's name for it: cut short, and the process may change it, but anybody may read it. */
static void read_comm(struct process *process)
{
    int file = open_of(process->pid, "comm");
    ssize_t length = file < 0 ? 0 : read(file, process->program, sizeof process->program - 1);
    if (file >= 0)
        close(file);
    process->program[length > 0 ? length : 0] = '\0';
    process->program[strcspn(process->program, "\n")] = '\0';
}

bool process_has_command_line(pid_t pid)
{
    char byte;
    int file = open_of(pid, "cmdline");
    bool has = file >= 0 && read(file, &byte, 1) == 1;
    if (file >= 0)
        close(file);
    return has;
}

unsigned long process_told(pid_t pid, unsigned long what)
{
    ElfW(auxv_t) entry = {0};
    int file = open_of(pid, "auxv");
    bool found = false;

    while (file >= 0 && !found && read(file, &entry, sizeof entry) == sizeof entry)
        found = entry.a_type == what;
    if (file >= 0)
        close(file);
    return found ? entry.a_un.a_val : 0;
}

static void take_name(struct process *process, const char *path)
{
    const char *slash = strrchr(path, '/');
    snprintf(process->program, sizeof process->program, "%.*s", NAME_MAX, slash ? slash + 1 : path);
}

/* As the library has it: what was executed, be it a link or a script. Takes the rights of a debugger. */
static void read_executed(struct process *process)
{
    char path[PATH_MAX];
    int memory = open_of(process->pid, "mem");
    ssize_t length =
        memory < 0 ? 0 : pread(memory, path, sizeof path - 1, (off_t)process_told(process->pid, AT_EXECFN));

    if (memory >= 0)
        close(memory);
    path[length > 0 ? length : 0] = '\0';
    if (length > 0 && !executed_by_link(path))
        take_name(process, path);
}

static void read_link(struct process *process)
{
    char path[64], target[PATH_MAX];

    snprintf(path, sizeof path, "/proc/%d/exe", process->pid);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0)
        return;
    target[length] = '\0';
    char *mark = strstr(target, executed_deleted);
    if (mark && !mark[strlen(executed_deleted)])
        *mark = '\0';
    take_name(process, target);
}

static void read_program(struct process *process)
{
    read_executed(process);
    if (!process->program[0])
        read_link(process);
    if (!process->program[0])
        read_comm(process);
    if (!process->program[0]) /* it has just ended */
        take_name(process, "?");
}

static bool has_the_library(pid_t pid)
{
    uintptr_t base;
    return image_find(pid, &base) == IMAGE_THERE;
}

static unsigned our_machine(void)
{
    struct elf elf = {0};
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        elf_read(file, &elf);
        close(file);
    }
    return elf.machine;
}

/* By the file's headers. Its loader, which `waitclose run` asks, may be anybody's program, and we root. */
static void judge(struct process *process, const struct elf *elf)
{
    const char *obstacle = elf_obstacle(elf);

    process->wrapping = WRAPPING_NO;
    if (elf->swapped || elf->machine != our_machine())
        snprintf(process->obstacle, sizeof process->obstacle,
                 "it is built for %s, and so must the library be", elf_machine_name(elf->machine));
    else if (obstacle)
        snprintf(process->obstacle, sizeof process->obstacle, "%s", obstacle);
    else if (process_told(process->pid, AT_SECURE))
        snprintf(process->obstacle, sizeof process->obstacle, "setuid, setgid or with file capabilities");
    else
        process->wrapping = WRAPPING_YES;
}

static void read_wrapping(struct process *process)
{
    struct elf elf;
    int file = open_of(process->pid, "exe");

    if (file < 0)
        return;
    if (has_the_library(process->pid))
        process->wrapping = WRAPPING_DONE;
    else if (elf_read(file, &elf))
        judge(process, &elf);
    close(file);
}

/* The owner of /proc/PID is the effective user. */
struct process process_look(pid_t pid)
{
    struct process process = {.pid = pid, .uid = (uid_t)-1};
    char path[64];
    struct stat status;

    snprintf(path, sizeof path, "/proc/%d", pid);
    if (stat(path, &status) == 0)
        process.uid = status.st_uid;
    read_program(&process);
    read_wrapping(&process);
    return process;
}

const char *user_name(uid_t uid)
{
    static char number[16];
    const struct passwd *user = getpwuid(uid);
    snprintf(number, sizeof number, "%u", uid);
    return user ? user->pw_name : number;
}
