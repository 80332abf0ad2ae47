/*
 * steps [-v] PROGRAM [ARGUMENT...]: how many instructions the program's first thread executes in user mode
 * between two SIGUSR1 that it sends itself, one number for each such stretch; with -v also every instruction
 * of the last, as FILE+OFFSET. It goes through them one by one (PTRACE_SINGLESTEP, ptrace(2)), in a real run:
 * other threads, ours among them, are left alone.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <elf.h>
#include <unistd.h>

enum { STEPS_MAX = 1 << 20 };

static unsigned long *addresses; /* of the stretch under way */

static unsigned long instruction_pointer(pid_t child)
{
    struct user_regs_struct registers;
    struct iovec place = {&registers, sizeof registers};
    ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &place);
#if defined(__x86_64__)
    return registers.rip;
#elif defined(__i386__)
    return (unsigned long)registers.eip;
#else
    return registers.pc;
#endif
}

/* Runs on, by one instruction or to the next signal. False when the program has ended. */
static bool go_on(pid_t child, bool step, int *signal)
{
    int status;
    ptrace(step ? PTRACE_SINGLESTEP : PTRACE_CONT, child, 0, 0);
    if (waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status))
        return false;
    *signal = WSTOPSIG(status);
    return true;
}

static void print_place(pid_t child, unsigned long address)
{
    char path[64], line[1024], file[512];
    unsigned long start, end, offset;
    snprintf(path, sizeof path, "/proc/%d/maps", child);
    FILE *maps = fopen(path, "r");
    while (maps && fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx %*s %lx %*s %*s %511s", &start, &end, &offset, file) == 4 &&
            address >= start && address < end)
            printf("%s+0x%lx\n", file, address - start + offset);
    if (maps)
        fclose(maps);
}

/* The steps to the next SIGUSR1. */
static long stretch(pid_t child)
{
    int signal = 0;
    long steps = 0;
    while (go_on(child, true, &signal) && signal != SIGUSR1) {
        if (addresses && steps < STEPS_MAX)
            addresses[steps] = instruction_pointer(child);
        steps++;
    }
    return signal == SIGUSR1 ? steps : -1;
}

int main(int count, char **words)
{
    bool verbose = count > 1 && strcmp(words[1], "-v") == 0;
    words += 1 + verbose;
    pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        execvp(words[0], words);
        _exit(127);
    }
    int signal = 0;
    waitpid(child, NULL, 0);
    while (signal != SIGUSR1)
        if (!go_on(child, false, &signal))
            return 2;
    long first = stretch(child);
    addresses = verbose ? calloc(STEPS_MAX, sizeof *addresses) : NULL;
    long second = stretch(child);
    printf("%ld\n%ld\n", first, second);
    for (long i = 0; addresses && i < second && i < STEPS_MAX; i++)
        print_place(child, addresses[i]);
    fflush(stdout);
    while (go_on(child, false, &signal))
        ;
    return first < 0 || second < 0 ? 2 : 0;
}
