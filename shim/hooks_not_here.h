/*
 * hooks.def names every family in every file that reads it: those that a file
 * does not define are nothing there. Included after a file's own HOOK_<family>.
 */
#ifndef HOOK_READ
#define HOOK_READ(...)
#endif
#ifndef HOOK_READ_VECTOR
#define HOOK_READ_VECTOR(...)
#endif
#ifndef HOOK_READ_MESSAGE
#define HOOK_READ_MESSAGE(...)
#endif
#ifndef HOOK_READ_MANY
#define HOOK_READ_MANY(...)
#endif
#ifndef HOOK_WRITE
#define HOOK_WRITE(...)
#endif
#ifndef HOOK_SOCKET
#define HOOK_SOCKET(...)
#endif
#ifndef HOOK_ACCEPT
#define HOOK_ACCEPT(...)
#endif
#ifndef HOOK_CONNECT
#define HOOK_CONNECT(...)
#endif
#ifndef HOOK_OPTION
#define HOOK_OPTION(...)
#endif
#ifndef HOOK_LISTEN
#define HOOK_LISTEN(...)
#endif
#ifndef HOOK_SHUTDOWN
#define HOOK_SHUTDOWN(...)
#endif
#ifndef HOOK_CLOSE
#define HOOK_CLOSE(...)
#endif
#ifndef HOOK_DUP
#define HOOK_DUP(...)
#endif
#ifndef HOOK_VFORK
#define HOOK_VFORK(...)
#endif
#ifndef HOOK_EXIT
#define HOOK_EXIT(...)
#endif
#ifndef HOOK_RIGHTS
#define HOOK_RIGHTS(...)
#endif
#ifndef HOOK_FOLLOWED
#define HOOK_FOLLOWED(...)
#endif
#ifndef HOOK_ALONE
#define HOOK_ALONE(...)
#endif
#ifndef HOOK_UNSHARE
#define HOOK_UNSHARE(...)
#endif
#ifndef HOOK_PRCTL
#define HOOK_PRCTL(...)
#endif
#ifndef HOOK_SYSCALL
#define HOOK_SYSCALL(...)
#endif
