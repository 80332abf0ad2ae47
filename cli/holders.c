#include "holders.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "array.h"
#include "probe.h"
#include "raw.h"

/* How many bytes a TLS close_notify may have; see lone_close_notify() in shim/probe.c. */
enum { SHORTEST_ALERT = 6, LONGEST_ALERT = 85 };

/* The process that is being looked at. */
struct visit {
    struct holders *holders;
    struct socket_list *list;
    pid_t pid;
    int descriptors; /* /proc/PID/fd */
    int lender;      /* a pidfd, or -1 */
    bool ours;       /* in our network namespace: its sockets are listed, but for those in CLOSE */
};

static void add(struct holders *holders, struct holder holder)
{
    holders->items = array_grow(holders->items, holders->count, &holders->room, sizeof *holders->items);
    holders->items[holders->count++] = holder;
}

enum answer { ANSWERED, GONE, REFUSED };

/* Asks the socket itself, through a handle of our own, which takes the rights of a debugger. */
static enum answer ask(struct visit *visit, int fd, uint64_t inode, struct facts *facts)
{
    if (visit->lender < 0)
        visit->lender = (int)syscall(RAW_pidfd_open, visit->pid, 0);
    int handle = visit->lender < 0 ? -1 : (int)syscall(RAW_pidfd_getfd, visit->lender, fd, 0);
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

static void take_listed(struct visit *visit, int fd, struct listed *listed)
{
    struct holder holder = {.pid = visit->pid, .fd = fd, .facts = listed->facts};
    enum tcp_state state = listed->facts.state;
    struct facts facts;

    listed->held = true;
    if (state != STATE_CLOSE_WAIT && state != STATE_LISTEN)
        return;
    /* What has gone on since the list was made is for the next look. */
    if (may_be_close_notify(&listed->facts) && ask(visit, fd, listed->facts.inode, &facts) == ANSWERED &&
        facts.state == STATE_CLOSE_WAIT) {
        holder.asked = true;
        holder.facts = facts;
    }
    add(visit->holders, holder);
}

/* sockfs tells a socket's protocol by an extended attribute. */
static bool is_tcp(const struct visit *visit, int fd)
{
    char path[64], name[16];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", visit->pid, fd);
    ssize_t length = getxattr(path, "system.sockprotoname", name, sizeof name - 1);
    if (length < 0)
        return false;
    name[length] = '\0';
    return strcmp(name, "TCP") == 0 || strcmp(name, "TCPv6") == 0;
}

/* What is in no list and has been connected is in CLOSE; or it is younger than the list. */
static void take_unlisted(struct visit *visit, int fd, uint64_t inode)
{
    struct holder holder = {.pid = visit->pid, .fd = fd, .asked = true};

    if (!visit->ours || !is_tcp(visit, fd))
        return;
    enum answer answer = ask(visit, fd, inode, &holder.facts);
    if (answer == REFUSED)
        visit->holders->undecided++;
    else if (answer == ANSWERED && holder.facts.state == STATE_CLOSE && holder.facts.established)
        add(visit->holders, holder);
}

static void take_descriptor(struct visit *visit, const char *name)
{
    char target[64];
    unsigned long inode;
    ssize_t length = readlinkat(visit->descriptors, name, target, sizeof target - 1);
    if (length < 0)
        return;
    target[length] = '\0';
    if (sscanf(target, "socket:[%lu]", &inode) != 1)
        return;
    struct listed *listed = socket_list_find(visit->list, inode);
    int fd = (int)strtol(name, NULL, 10);
    if (listed)
        take_listed(visit, fd, listed);
    else
        take_unlisted(visit, fd, inode);
}

/* Kernel threads, and processes that have ended, have no command line and no descriptors. */
static bool has_command_line(pid_t pid)
{
    char path[64], byte;
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool has = file >= 0 && read(file, &byte, 1) == 1;
    if (file >= 0)
        close(file);
    return has;
}

static bool in_our_network(pid_t pid)
{
    char path[64];
    struct stat ours, theirs;
    snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
    return stat("/proc/self/ns/net", &ours) == 0 && stat(path, &theirs) == 0 &&
           ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

static void visit_process(struct holders *holders, struct socket_list *list, pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *directory = opendir(path);
    if (!directory) {
        holders->closed_to_us += errno == EACCES && has_command_line(pid);
        return;
    }
    struct visit visit = {holders, list, pid, dirfd(directory), -1, in_our_network(pid)};
    for (const struct dirent *entry; (entry = readdir(directory));)
        if (isdigit((unsigned char)entry->d_name[0]))
            take_descriptor(&visit, entry->d_name);
    closedir(directory);
    if (visit.lender >= 0)
        close(visit.lender);
}

void holders_find(struct holders *holders, struct socket_list *list)
{
    *holders = (struct holders){0};
    DIR *processes = opendir("/proc");
    if (!processes)
        return;
    for (const struct dirent *entry; (entry = readdir(processes));)
        if (isdigit((unsigned char)entry->d_name[0]))
            visit_process(holders, list, (pid_t)strtol(entry->d_name, NULL, 10));
    closedir(processes);
}

void holders_end(struct holders *holders)
{
    free(holders->items);
    *holders = (struct holders){0};
}
