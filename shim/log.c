#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "bare.h"
#include "raw.h"
#include "socket_calls.h"

enum {
    STDERR = 2,
    KEPT_FROM =
        64, /* what we keep stays above the numbers that handles get, so that epoll sees each handle alike */
    WRITE_NOW = 8,             /* RWF_NOWAIT, preadv2(2) */
    SYSLOG_NOTICE = 3 * 8 + 5, /* facility daemon, severity notice: syslog(3) */
};

/* Which file stderr is: its identity and its kind. */
struct identity {
    uint64_t device, inode;
    uint16_t mode;
};

/* What log_write hands to the function that runs outside the program's table. */
struct errand {
    const char *text;
    size_t size;
    enum log_result result;
    long unopened; /* -errno of what could not be opened */
};

static enum log_target target;
static const char *program;
static char pattern[POLICY_PATH_MAX]; /* absolute; %p and %e still in it */
static char path[POLICY_PATH_MAX];
static struct identity first_stderr;
static const struct room *room;
static int kept = -1;        /* the open log or socket, where the room lets us keep one */
static bool torn;            /* the last write came out short: the next line begins on a fresh one */
static bool told_unwritable; /* stderr has heard that the log cannot be opened */

/* Of a handle, or of whatever a path names now. */
static struct identity identify_at(int handle, const char *name)
{
    struct statx status;
    if (raw5(SYS_statx, handle, (long)name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_INO,
             (long)&status) < 0)
        return (struct identity){0, 0, 0};
    return (struct identity){(uint64_t)status.stx_dev_major << 32 | status.stx_dev_minor, status.stx_ino,
                             status.stx_mode & S_IFMT};
}

static struct identity identify(int handle)
{
    return identify_at(handle, "");
}

static bool same_file(struct identity one, struct identity other)
{
    return one.mode && one.device == other.device && one.inode == other.inode;
}

/*
 * Appends what fits; a path that is cut is refused by open(2) later or names another file in the
 * same directory.
 */
static void append(char *to, size_t size, const char *text)
{
    size_t length = strlen(to), more = strlen(text);
    if (length + more >= size)
        more = size - 1 - length;
    memcpy(to + length, text, more);
    to[length + more] = '\0';
}

static void append_number(char *to, size_t size, unsigned long number)
{
    char digits[24];
    size_t at = sizeof digits;
    digits[--at] = '\0';
    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    append(to, size, digits + at);
}

static void fill_in_path(void)
{
    path[0] = '\0';
    for (const char *from = pattern; *from; from++) {
        char plain[2] = {*from, '\0'};
        if (*from != '%') {
            append(path, sizeof path, plain);
            continue;
        }
        from++;
        if (*from == 'p')
            append_number(path, sizeof path, (unsigned long)bare_process());
        else if (*from == 'e')
            append(path, sizeof path, program);
        else
            append(path, sizeof path, "%");
    }
}

void log_open(const struct process_policy *policy, const char *name)
{
    target = policy->log;
    program = name;
    first_stderr = identify(STDERR);
    if (target != LOG_FILE)
        return;
    if (policy->log_path[0] != '/') {
        char here[POLICY_PATH_MAX];
        if (raw2(SYS_getcwd, (long)here, sizeof here) > 0) {
            for (const char *at = here; *at; at++) { /* a directory may have a % in its name */
                char one[3] = {*at, *at == '%' ? '%' : '\0', '\0'};
                append(pattern, sizeof pattern, one);
            }
            append(pattern, sizeof pattern, "/");
        }
    }
    append(pattern, sizeof pattern, policy->log_path);
}

void log_enter(const struct room *here)
{
    room = here;
    kept = -1;
    if (target == LOG_FILE)
        fill_in_path();
}

static enum log_result written(long answer, size_t size)
{
    torn = answer > 0 && (size_t)answer < size;
    if (answer == -EAGAIN)
        return LOG_BUSY;
    return answer == (long)size ? LOG_WRITTEN : LOG_LOST;
}

static bool ready(int handle)
{
    struct pollfd ask = {.fd = handle, .events = POLLOUT};
    struct raw_time at_once = {0, 0};
    return raw5(SYS_ppoll, (long)&ask, 1, (long)&at_once, 0, 0) == 1;
}

/* Never waits: a full pipe must not hold up the watcher, nor the program at its end. */
static long write_at_once(int handle, uint16_t mode, const char *text, size_t size)
{
    struct iovec all = {(void *)text, size};
    if (mode == S_IFSOCK)
        return raw_sendto(handle, text, size, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
    if (mode == S_IFREG)
        return raw3(SYS_write, handle, (long)text, (long)size);
    if (!ready(handle))
        return -EAGAIN;
    long answer = raw6(SYS_pwritev2, handle, (long)&all, 1, -1, -1, WRITE_NOW);
    if (answer == -EOPNOTSUPP ||
        answer == -ENOSYS) /* pipes before 6.5, terminals: poll(2) has promised room for a line */
        answer = raw3(SYS_write, handle, (long)text, (long)size);
    return answer;
}

/* Borrowed for the one line: a copy kept would hold open a pipe that somebody waits on. */
static enum log_result write_stderr(const char *text, size_t size)
{
    int handle = room->borrow(STDERR);
    if (handle < 0)
        return LOG_LOST;
    struct identity now = identify(handle);
    enum log_result result = LOG_LOST;
    if (same_file(now, first_stderr))
        result = written(write_at_once(handle, now.mode, text, size), size);
    room->give_back(handle);
    return result;
}

static void say_unwritable(long error)
{
    char text[POLICY_PATH_MAX + 128] = "waitclose: cannot write the log ";
    if (told_unwritable)
        return;
    told_unwritable = true;
    append(text, sizeof text, path);
    append(text, sizeof text, " (errno ");
    append_number(text, sizeof text, (unsigned long)-error);
    append(text, sizeof text, "); the program runs on, its events are lost\n");
    write_stderr(text, strlen(text));
}

static int keep_high(long handle)
{
    long high = raw3(SYS_fcntl, handle, F_DUPFD_CLOEXEC, KEPT_FROM);
    if (raw_failed(high))
        return (int)handle;
    raw1(SYS_close, handle);
    return (int)high;
}

static int open_file(struct errand *errand)
{
    long file = raw4(SYS_openat, AT_FDCWD, (long)path,
                     O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (raw_failed(file)) {
        errand->unopened = file;
        return -1;
    }
    return keep_high(file);
}

static int open_daemon(struct errand *errand)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const char *name = target == LOG_JOURNAL ? "/run/systemd/journal/socket" : "/dev/log";
    memcpy(to.sun_path, name, strlen(name) + 1);
    memcpy(path, to.sun_path, sizeof to.sun_path);
    long handle = raw_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (raw_failed(handle))
        return -1;
    long answer = raw_connect((int)handle, &to, sizeof to);
    if (raw_failed(answer)) {
        raw1(SYS_close, handle);
        errand->unopened = answer;
        return -1;
    }
    return keep_high(handle);
}

/*
 * A datagram for the daemon: syslog's with its priority in front, journald's as fields
 * (systemd.journal-fields(7)).
 */
static long send_to_daemon(int handle, const char *text, size_t size)
{
    char datagram[5000];
    datagram[0] = '\0';
    if (target == LOG_JOURNAL) {
        append(datagram, sizeof datagram, "PRIORITY=5\nSYSLOG_IDENTIFIER=waitclose\nMESSAGE=");
    } else {
        append(datagram, sizeof datagram, "<");
        append_number(datagram, sizeof datagram, SYSLOG_NOTICE);
        append(datagram, sizeof datagram, ">waitclose[");
        append_number(datagram, sizeof datagram, (unsigned long)bare_process());
        append(datagram, sizeof datagram, "]: ");
        size--; /* no newline */
    }
    size_t head = strlen(datagram);
    memcpy(datagram + head, text, size);
    long answer = raw_sendto(handle, datagram, head + size, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
    return answer > 0 ? (long)size : answer;
}

static enum log_result write_file(int handle, const char *text, size_t size)
{
    if (torn && raw3(SYS_write, handle, (long)"\n", 1) != 1)
        return LOG_LOST;
    return written(write_at_once(handle, identify(handle).mode, text, size), size);
}

static void open_outside(void *argument, bool keeps)
{
    (void)keeps;
    if (kept < 0)
        kept = target == LOG_FILE ? open_file(argument) : open_daemon(argument);
}

/* A log that was moved away (logrotate(8)) is opened anew under its name, where that is still allowed. */
static void follow_rotation(void)
{
    struct errand unheard = {NULL, 0, LOG_LOST, 0};
    if (target != LOG_FILE || kept < 0 || same_file(identify(kept), identify_at(AT_FDCWD, path)))
        return;
    int fresh = open_file(&unheard);
    if (fresh < 0)
        return;
    raw1(SYS_close, kept);
    kept = fresh;
    torn = false;
}

static void write_outside(void *argument, bool keeps)
{
    struct errand *errand = argument;
    follow_rotation();
    open_outside(errand, keeps);
    if (kept < 0)
        return;
    if (target == LOG_FILE) {
        errand->result = write_file(kept, errand->text, errand->size);
    } else {
        size_t size = target == LOG_SYSLOG ? errand->size - 1 : errand->size;
        long answer = send_to_daemon(kept, errand->text, errand->size);
        errand->result = written(answer, size);
        if (answer == -ECONNREFUSED ||
            answer == -ENOTCONN) { /* the daemon was restarted: connect anew next time */
            raw1(SYS_close, kept);
            kept = -1;
        }
    }
    if (!keeps)
        kept = -1; /* it goes with the table it was opened in */
}

void log_prepare(void)
{
    struct errand errand = {NULL, 0, LOG_LOST, 0};
    if (target == LOG_FILE)
        room->outside(open_outside, &errand); /* if it cannot, the first line will say so */
}

enum log_result log_write(const char *text, size_t size)
{
    if (target == LOG_NONE)
        return LOG_WRITTEN;
    if (target == LOG_STDERR)
        return write_stderr(text, size);
    struct errand errand = {text, size, LOG_LOST, 0};
    room->outside(write_outside, &errand);
    if (errand.unopened)
        say_unwritable(errand.unopened); /* here, not outside: stderr is the program's */
    return errand.result;
}
