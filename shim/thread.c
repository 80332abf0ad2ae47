#include "thread.h"

#include <sched.h>

#include "bare.h"
#include "raw.h"

enum {
    /* A thread like any other to the kernel, but for the table. */
    BARE_THREAD = CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_PARENT_SETTID |
                  CLONE_CHILD_CLEARTID,
    GONE_MS = 2000,
};

/*
 * clone(2), and in the new thread function(argument), then exit(2). In assembly
 * because the new thread returns on an empty stack; libc's clone() would do, but writes
 * errno through a thread pointer that is not the caller's when the caller is the watcher.
 * The thread keeps its creator's thread pointer (no CLONE_SETTLS) and must not use it.
 */
long thread_clone(long flags, void *stack_top, uint32_t *alive, void (*function)(void *argument),
                  void *argument);

#if defined(__x86_64__)
__asm__(".text\n"
        ".hidden thread_clone\n"
        ".globl thread_clone\n"
        ".type thread_clone, @function\n"
        "thread_clone:\n"
        "    sub $16, %rsi\n"
        "    mov %rcx, (%rsi)\n"
        "    mov %r8, 8(%rsi)\n"
        "    mov %rdx, %r10\n" /* flags, stack, parent_tid, child_tid, tls */
        "    xor %r8d, %r8d\n"
        "    mov $56, %eax\n"
        "    syscall\n"
        "    test %rax, %rax\n"
        "    jz 1f\n"
        "    ret\n"
        "1:  xor %ebp, %ebp\n"
        "    pop %rax\n"
        "    pop %rdi\n"
        "    call *%rax\n"
        "2:  xor %edi, %edi\n" /* a filter may deny even this: then it asks again for ever */
        "    mov $60, %eax\n"
        "    syscall\n"
        "    mov $24, %eax\n" /* sched_yield */
        "    syscall\n"
        "    jmp 2b\n"
        ".size thread_clone, . - thread_clone\n");
#elif defined(__i386__)
__asm__(".text\n"
        ".hidden thread_clone\n"
        ".globl thread_clone\n"
        ".type thread_clone, @function\n"
        "thread_clone:\n"
        "    push %ebx\n"
        "    push %esi\n"
        "    push %edi\n"
        "    mov 16(%esp), %ebx\n"
        "    mov 20(%esp), %ecx\n"
        "    mov 24(%esp), %edx\n"
        "    mov 28(%esp), %eax\n"
        "    mov 32(%esp), %esi\n"
        "    sub $20, %ecx\n" /* after the pop below the argument lies on a 16-byte boundary, as a call wants
                                 it */
        "    mov %eax, (%ecx)\n"
        "    mov %esi, 4(%ecx)\n"
        "    mov %edx, %edi\n" /* flags, stack, parent_tid, tls, child_tid */
        "    xor %esi, %esi\n"
        "    mov $120, %eax\n"
        "    int $0x80\n"
        "    test %eax, %eax\n"
        "    jz 1f\n"
        "    pop %edi\n"
        "    pop %esi\n"
        "    pop %ebx\n"
        "    ret\n"
        "1:  xor %ebp, %ebp\n"
        "    pop %eax\n"
        "    call *%eax\n"
        "2:  xor %ebx, %ebx\n" /* a filter may deny even this: then it asks again for ever */
        "    mov $1, %eax\n"
        "    int $0x80\n"
        "    mov $158, %eax\n" /* sched_yield */
        "    int $0x80\n"
        "    jmp 2b\n"
        ".size thread_clone, . - thread_clone\n");
#elif defined(__aarch64__)
__asm__(".text\n"
        ".hidden thread_clone\n"
        ".globl thread_clone\n"
        ".type thread_clone, %function\n"
        "thread_clone:\n"
        "    stp x3, x4, [x1, #-16]!\n"
        "    mov x4, x2\n" /* flags, stack, parent_tid, tls, child_tid */
        "    mov x3, #0\n"
        "    mov x8, #220\n"
        "    svc 0\n"
        "    cbz x0, 1f\n"
        "    ret\n"
        "1:  mov x29, #0\n"
        "    ldp x1, x0, [sp], #16\n"
        "    blr x1\n"
        "2:  mov x0, #0\n" /* a filter may deny even this: then it asks again for ever */
        "    mov x8, #93\n"
        "    svc 0\n"
        "    mov x8, #124\n" /* sched_yield */
        "    svc 0\n"
        "    b 2b\n"
        ".size thread_clone, . - thread_clone\n");
#endif

bool thread_start(void (*function)(void *argument), void *argument, void *stack, uint32_t *alive,
                  enum thread_table table)
{
    long flags = BARE_THREAD | (table == THREAD_SHARES_TABLE ? CLONE_FILES : 0);
    uint64_t before;
    if (!raw_hold_signals(&before)) /* the thread inherits the mask of now */
        return false;               /* the program's handlers would run on it */
    long thread = thread_clone(flags, (char *)stack + THREAD_STACK, alive, function, argument);
    raw_let_signals(before);
    return thread > 0;
}

bool thread_wait(const uint32_t *alive, int64_t ms)
{
    int64_t until = bare_now() + ms;
    for (;;) {
        uint32_t thread = __atomic_load_n(alive, __ATOMIC_ACQUIRE);
        int64_t left = until - bare_now();
        if (!thread)
            return true;
        if (left <= 0)
            return false;
        bare_wait(alive, thread, left);
    }
}

void thread_wait_gone(uint32_t thread)
{
    int64_t until = bare_now() + GONE_MS;
    while (raw3(SYS_tgkill, raw0(SYS_getpid), (long)thread, 0) == 0 && bare_now() < until)
        raw0(SYS_sched_yield);
}
