/*
 * The memory of another process, read with process_vm_readv(2): it is neither
 * stopped nor attached to, and learns nothing of it. Takes the rights of a debugger.
 */
#ifndef WAITCLOSE_CLI_MEMORY_H
#define WAITCLOSE_CLI_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* False, with errno set: not all of it could be read. `thread`: any that still has the memory. */
bool memory_read(pid_t thread, uintptr_t address, void *to, size_t size);

/* Twice, until both times it was the same: false also where it does not come to rest. */
bool memory_read_steady(pid_t thread, uintptr_t address, void *to, size_t size);

#endif
