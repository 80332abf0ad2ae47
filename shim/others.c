#include "others.h"

#include <errno.h>
#include <fcntl.h>

#include "bare.h"
#include "directory.h"
#include "raw.h"

enum {
    REST = 20, /* on a machine where it takes long it is read less often: 5 % of a processor at most */
    INODES_FIRST = 4096,
    PATH_SIZE = DIRECTORY_NAME_MAX + 6,
    STAT_SIZE = 512,
    LAST_MS = 200, /* how long the program's end waits for it */
};

/* A hash set of inode numbers; 0 is an empty place. At most half full. */
static uint64_t *inodes;
static uint32_t inodes_size, inodes_count;
static bool known;
static const struct watch *watch;
static long unsure;     /* 0, or -errno: what kept us from seeing all that matters */
static int64_t read_at; /* ms: when /proc was read last, */
static int64_t took;    /* us: and what that took of a processor */
static const struct room *room;

void others_enter(const struct room *here, bool anew, const struct watch *given)
{
    room = here;
    watch = given;
    read_at = took = 0;
    if (anew)
        inodes = NULL;
    known = false;
}

/* The program, or it is a forked child. */
static bool born_with_sockets(void)
{
    return watch->talk->forked || watch->talk->born_with;
}

/* Somebody waits for the watcher: for a last look a moment, otherwise not at all. */
static bool has_to_go(void)
{
    uint32_t order = __atomic_load_n(&watch->talk->order, __ATOMIC_ACQUIRE);
    if (watch->finish_only || order == ORDER_FINISH)
        return bare_now() - read_at > LAST_MS;
    return order != ORDER_NONE;
}

void others_forget(void)
{
    known = false;
}

static uint32_t place_of(uint64_t inode)
{
    uint32_t place = (uint32_t)inode & (inodes_size - 1);
    while (inodes[place] && inodes[place] != inode)
        place = (place + 1) & (inodes_size - 1);
    return place;
}

static bool grow(void)
{
    uint64_t *old = inodes;
    uint32_t old_size = inodes_size;
    uint64_t *more = bare_memory(2 * sizeof *more * old_size, false);
    if (!more)
        return false;
    inodes = more;
    inodes_size = 2 * old_size;
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i])
            inodes[place_of(old[i])] = old[i];
    bare_memory_free(old, old_size * sizeof *old);
    return true;
}

static void add(uint64_t inode)
{
    if (2 * inodes_count >= inodes_size && !grow()) {
        unsure = -ENOMEM;
        return;
    }
    uint32_t place = place_of(inode);
    inodes_count += !inodes[place];
    inodes[place] = inode;
}

/* Who has gone meanwhile holds nothing; any other error leaves open what there is. */
static void doubt(long answer)
{
    if (raw_failed(answer) && answer != -ENOENT && answer != -ESRCH)
        unsure = answer;
}

/* What a process has open, or one of its threads. */
struct descriptors {
    long directory;
    bool any;
    bool hidden; /* some of it cannot be looked at */
    bool ends;   /* and it is about to let go of that */
};

static bool read_descriptor(int number, void *context)
{
    struct descriptors *descriptors = context;
    int64_t inode = directory_socket(descriptors->directory, number);
    descriptors->any = true;
    if (inode > 0)
        add((uint64_t)inode);
    else if (inode == -EACCES)
        descriptors->hidden = true;
    else
        doubt((long)inode);
    return !has_to_go();
}

static uint64_t number_at(const char **text)
{
    uint64_t number = 0;
    while (**text == ' ' || **text == '-')
        ++*text;
    for (; **text >= '0' && **text <= '9'; ++*text)
        number = number * 10 + (uint64_t)(**text - '0');
    return number;
}

/* Of the stat of a process or a thread (proc(5)), what tells of kinship and end: everybody may read it. */
struct kin {
    char state;
    uint64_t parent, session, flags, started;
};

static long open_stat(long proc, int process)
{
    char path[PATH_SIZE];
    memcpy(path + directory_name(process, path), "/stat", 6);
    return raw4(SYS_openat, proc, (long)path, O_RDONLY | O_CLOEXEC, 0);
}

/* The fields behind the name, which stands in parentheses and may hold any byte: state, parent, group, ... */
static struct kin kin_of(long proc, int process)
{
    enum { PARENT = 4, SESSION = 6, FLAGS = 9, STARTED = 22 };
    char stat[STAT_SIZE];
    const char *at = stat;
    struct kin kin = {0};
    long file = open_stat(proc, process);
    doubt(file);
    if (raw_failed(file))
        return kin;
    long length = raw3(SYS_read, file, (long)stat, sizeof stat - 1);
    doubt(length);
    raw1(SYS_close, file);
    stat[length > 0 ? length : 0] = '\0';
    for (const char *each = stat; *each; each++)
        if (*each == ')')
            at = each + 1;
    for (; *at == ' ' || (*at >= 'A' && *at <= 'z'); at++)
        kin.state = *at == ' ' ? kin.state : *at;
    for (int field = PARENT; field <= STARTED; field++) {
        uint64_t value = number_at(&at);
        if (field == PARENT)
            kin.parent = value;
        else if (field == SESSION)
            kin.session = value;
        else if (field == FLAGS)
            kin.flags = value;
        else if (field == STARTED)
            kin.started = value;
    }
    return kin;
}

/*
 * Whether a process that hides its descriptors may hold a socket of ours. Sockets go from parent to
 * child: so a child, or one of our session that began after us; and, where we were born with
 * sockets, whoever they may come from.
 */
static bool may_hold_ours(long proc, int process)
{
    struct kin its = kin_of(proc, process), ours = kin_of(proc, (int)raw0(SYS_getpid));
    bool same_session = ours.session && its.session == ours.session;
    if (its.parent == (uint64_t)raw0(SYS_getpid) || (same_session && its.started >= ours.started))
        return true;
    return born_with_sockets() && (same_session || (uint64_t)process == ours.parent);
}

/* A directory of a process or a thread: -errno where there is none to be had. */
static long open_below(long parent, int number, const char *name, size_t name_size)
{
    char path[PATH_SIZE];
    memcpy(path + directory_name(number, path), name, name_size);
    long directory = raw4(SYS_openat, parent, (long)path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (directory != -EACCES) /* hidden */
        doubt(directory);
    return directory;
}

/*
 * What has no memory any more may hide the rest (kernel/ptrace.c; seen on Linux 6.18). What ends lets go of
 * its memory first and of its descriptors next; then it is a zombie, and has none.
 */
static void see_its_end(long parent, int number, struct descriptors *descriptors)
{
    const uint64_t exiting = 0x4; /* PF_EXITING, include/linux/sched.h */
    struct kin its = kin_of(parent, number);
    descriptors->hidden = its.state != 'Z' && its.state != 'X';
    descriptors->ends = descriptors->hidden && its.flags & exiting;
}

static struct descriptors read_descriptors(long parent, int number)
{
    static const char name[] = "/fd";
    long directory = open_below(parent, number, name, sizeof name);
    struct descriptors descriptors = {.directory = directory, .hidden = directory == -EACCES};
    if (!raw_failed(directory)) {
        doubt(directory_numbers(directory, read_descriptor, &descriptors));
        raw1(SYS_close, directory);
    }
    if (descriptors.hidden)
        see_its_end(parent, number, &descriptors);
    return descriptors;
}

/* Until one is found that has something open: unless they have parted, they all have the same. */
static bool read_thread(int thread, void *context)
{
    struct descriptors *process = context, its = read_descriptors(process->directory, thread);
    process->hidden |= its.hidden;
    process->ends |= its.ends;
    return !its.any;
}

/* For a process whose main thread has gone, by pthread_exit(3): its list is empty. */
static struct descriptors read_threads(long proc, int process)
{
    static const char name[] = "/task";
    struct descriptors descriptors = {.directory = open_below(proc, process, name, sizeof name)};
    if (!raw_failed(descriptors.directory)) {
        doubt(directory_numbers(descriptors.directory, read_thread, &descriptors));
        raw1(SYS_close, descriptors.directory);
    }
    return descriptors;
}

struct processes {
    long proc;
    bool ours; /* we are among them */
};

static bool read_process(int process, void *context)
{
    struct processes *processes = context;
    long proc = processes->proc;
    if (process == bare_process()) {
        processes->ours = true;
        return true;
    }
    struct descriptors descriptors = read_descriptors(proc, process);
    if (!descriptors.any && !descriptors.hidden)
        descriptors = read_threads(proc, process);
    if (descriptors.hidden && (!unsure || unsure == -EAGAIN) && may_hold_ours(proc, process))
        unsure = descriptors.ends ? -EAGAIN : -EACCES;
    return !has_to_go();
}

/* Outside of our pid namespace, or left out of /proc (hidepid=, proc(5)): whoever our sockets may come from.
 */
static bool parent_is_invisible(long proc)
{
    struct kin ours = kin_of(proc, (int)raw0(SYS_getpid));
    long file = open_stat(proc, (int)ours.parent);
    if (raw_failed(file))
        return true;
    raw1(SYS_close, file);
    return false;
}

static void read_processes(void)
{
    long proc = raw4(SYS_openat, AT_FDCWD, (long)"/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    unsure = raw_failed(proc) ? proc : 0;
    if (raw_failed(proc))
        return;
    struct processes processes = {.proc = proc};
    long answer = directory_numbers(proc, read_process, &processes);
    doubt(answer);
    if (!unsure && !answer &&
        !processes.ours) /* an empty directory, as in many a chroot, or another namespace's */
        unsure = -ENOENT;
    if (!unsure && born_with_sockets() && parent_is_invisible(proc))
        unsure = -EACCES;
    if (answer > 0)
        unsure = -EAGAIN;
    raw1(SYS_close, proc);
}

/* Where others have the processors too, the time on the clock tells nothing of what it cost. */
static void read_all(void *unused, bool keeps)
{
    (void)unused;
    (void)keeps;
    int64_t began = bare_processor_time();
    read_processes();
    took = bare_processor_time() - began;
}

static bool have_memory(void)
{
    if (!inodes) {
        inodes = bare_memory(INODES_FIRST * sizeof *inodes, false);
        inodes_size = inodes ? INODES_FIRST : 0;
    }
    return inodes != NULL;
}

/* Unless it is known, or was read too short a while ago. */
static void read_if_due(void)
{
    int64_t now = bare_now();
    if (known || (now - read_at) * 1000 < took * REST)
        return;
    memset(inodes, 0, inodes_size * sizeof *inodes);
    inodes_count = 0;
    unsure = 0;
    read_at = now;
    took = 0;
    if (!room->outside(read_all, NULL))
        unsure = -EPERM;
    known = true;
    read_at = bare_now();
}

long others_certain(void)
{
    if (!have_memory())
        return -ENOMEM;
    read_if_due();
    return known ? unsure : -EAGAIN;
}

bool others_hold(uint64_t inode)
{
    if (!have_memory())
        return false;
    read_if_due();
    return !inode || inodes[place_of(inode)] == inode;
}
