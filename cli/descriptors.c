#include "descriptors.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "probe.h"
#include "raw.h"

/* How many bytes a TLS close_notify may have; see lone_close_notify() in shim/probe.c. */
enum { SHORTEST_ALERT = 6, LONGEST_ALERT = 85 };

/* The process that is being looked at. */
struct visit {
    pid_t thread;
    int descriptors; /* /proc/PID/fd */
    int lender;      /* a pidfd, or -1 */
    bool unlisted;   /* what is in no list is wanted too */
};

enum answer { ANSWERED, GONE, REFUSED };

/* Asks the socket itself, through a handle of our own, which takes the rights of a debugger. */
static enum answer ask(struct visit *visit, int fd, uint64_t inode, struct facts *facts)
{
    if (visit->lender < 0)
        visit->lender = (int)syscall(RAW_pidfd_open, visit->thread, 0);
    if (visit->lender < 0) /* nor is any to be had of a process without its main thread */
        return errno == ESRCH ? GONE : REFUSED;
    int handle = (int)syscall(RAW_pidfd_getfd, visit->lender, fd, 0);
    if (handle < 0)
        return errno == EPERM || errno == ENOSYS ? REFUSED : GONE;
    bool same = probe(handle, facts) && facts->inode == inode;
    close(handle);
    return same ? ANSWERED : GONE;
}

/* Whether the unread bytes are worth a look. */
static bool may_be_close_notify(const struct facts *facts)
{
    return facts->state == STATE_CLOSE_WAIT && facts->recv_q >= SHORTEST_ALERT &&
           facts->recv_q <= LONGEST_ALERT;
}

/* What has gone on since the list was made is for the next look. */
static void read_listed(struct visit *visit, struct descriptor *descriptor)
{
    struct facts facts;
    descriptor->facts = descriptor->listed->facts;
    if (may_be_close_notify(&descriptor->facts) &&
        ask(visit, descriptor->fd, descriptor->facts.inode, &facts) == ANSWERED &&
        facts.state == STATE_CLOSE_WAIT) {
        descriptor->asked = true;
        descriptor->facts = facts;
    }
}

/* sockfs tells a socket's protocol by an extended attribute. */
static bool is_tcp(const struct visit *visit, int fd)
{
    char path[64], name[16];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", visit->thread, fd);
    ssize_t length = getxattr(path, "system.sockprotoname", name, sizeof name - 1);
    if (length < 0)
        return false;
    name[length] = '\0';
    return strcmp(name, "TCP") == 0 || strcmp(name, "TCPv6") == 0;
}

/* False: it is none, or it is gone. */
static bool read_descriptor(struct visit *visit, struct socket_list *list, const char *name,
                            struct descriptor *descriptor)
{
    char target[64];
    unsigned long inode;
    ssize_t length = readlinkat(visit->descriptors, name, target, sizeof target - 1);
    if (length < 0)
        return false;
    target[length] = '\0';
    if (sscanf(target, "socket:[%lu]", &inode) != 1)
        return false;
    *descriptor =
        (struct descriptor){.fd = (int)strtol(name, NULL, 10), .listed = socket_list_find(list, inode)};
    if (descriptor->listed) {
        read_listed(visit, descriptor);
        return true;
    }
    if (!visit->unlisted || !is_tcp(visit, descriptor->fd))
        return false;
    enum answer answer = ask(visit, descriptor->fd, inode, &descriptor->facts);
    descriptor->asked = answer == ANSWERED;
    descriptor->refused = answer == REFUSED;
    return answer != GONE;
}

bool descriptors_visit(pid_t thread, struct socket_list *list, bool unlisted,
                       void (*each)(const struct descriptor *descriptor, void *context), void *context)
{
    char path[64];
    struct descriptor descriptor;

    snprintf(path, sizeof path, "/proc/%d/fd", thread);
    DIR *directory = opendir(path);
    if (!directory)
        return false;
    struct visit visit = {thread, dirfd(directory), -1, unlisted};
    for (const struct dirent *entry; (entry = readdir(directory));)
        if (isdigit((unsigned char)entry->d_name[0]) &&
            read_descriptor(&visit, list, entry->d_name, &descriptor))
            each(&descriptor, context);
    closedir(directory);
    if (visit.lender >= 0)
        close(visit.lender);
    return true;
}

bool descriptors_are_listed(pid_t thread)
{
    char path[64];
    struct stat ours, theirs;
    snprintf(path, sizeof path, "/proc/%d/ns/net", thread);
    return stat("/proc/self/ns/net", &ours) == 0 && stat(path, &theirs) == 0 &&
           ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}
