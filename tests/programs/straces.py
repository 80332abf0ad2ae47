"""What strace(1) saw of a program: the system calls of each of its threads in order, without what no two runs have in
common; and the calls that the library makes in a program's threads, each with its place.

A thread is named by its descent: 0 is the first, 0.2 the second that 0 has made, thread or process.
"""
import re

STRACE = ("strace", "-ff", "-y", "-s0", "-qq", "-esignal=none")

CLONES = re.compile(r"(?:clone3?|v?fork)\(.* = (\d+)$")
# The watcher's thread (shim/thread.c): no other has no thread-local storage of its own.
WATCHER = re.compile(r"clone\(child_stack=\w+, flags=CLONE_VM\|CLONE_FS\|CLONE_FILES\|CLONE_SIGHAND\|CLONE_THREAD\|"
                     r"CLONE_SYSVSEM\|CLONE_PARENT_SETTID\|CLONE_CHILD_CLEARTID,")
TELLS_PROCESS = re.compile(r"(clone3?|v?fork|wait4|waitid|get\w*[pt]id|set_tid_address|t?g?kill|setpgid|prlimit64|"
                           r"sched_\w+)\(")
DIFFERS = [
    (re.compile(r"0x[0-9a-f]+"), "ADDRESS"),
    (re.compile(r"<(\w+):\[\d+\]>"), r"<\1>"),  # pipes and sockets, by inode
    (re.compile(r"/proc/\d+"), "/proc/PROCESS"),
    (re.compile(r"htons\(\d+\)"), "PORT"),
    (re.compile(r"\b(tv_n?u?sec|si_[us]time|[cm]time|stx?_\w*|ru_\w+|uptime|\w+ram|procs)=[^,}]+"), r"\1=."),
    (re.compile(r"/\* \d+ entries \*/, (\d+)\) = \d+"), r"/* entries */, \1) = BYTES"),
    (re.compile(r"(\Wt|tmp_\w+_)\w{6}(?=[\">])"), r"\1??????"),  # mkstemp(3)
    (re.compile(r"^(p?poll\(.*), [1-9]\d*\) ="), r"\1, TIMEOUT) ="),
    (re.compile(r" /\* \d+ vars \*/"), ""),
    (re.compile(r" +"), " "),
]

# Where the heap begins in its page is random, and so how often it grows; mkstemp(3) draws again now and then.
RANDOM = ("brk(", "getrandom(")

# What the loader does comes before the first munmap(2), which gives ld.so.cache back. Then:
CONSTRUCTOR = r"""statx\(2<.*
prlimit64\(0, RLIMIT_NOFILE, NULL, .*
prlimit64\(0, RLIMIT_AS, NULL, .*
prlimit64\(0, RLIMIT_DATA, NULL, .*
mmap\(NULL, 4096, .*
mmap\(NULL, \d+, .*\|MAP_NORESERVE, .*
madvise\(ADDRESS, 4096, MADV_WIPEONFORK\) = 0
getpid\(\) = .*
pselect6\(512, \[256 .*
ppoll\(.*, 257, .*
(?:getsockopt\(.*, SOL_SOCKET, SO_(?:PROTOCOL|TYPE|DOMAIN), .*
)*"""
# With the first TCP socket, in the thread that makes it.
START = r"""getpid\(\) = .*
rt_sigprocmask\(SIG_BLOCK, ~\[\], .*
(?:mmap\(NULL, 65536, .*
madvise\(ADDRESS, 65536, MADV_DONTFORK\) = 0
)?clock_gettime\(CLOCK_MONOTONIC, .*
clock_gettime\(CLOCK_MONOTONIC, .*
prctl\(PR_GET_SECCOMP\) = 0
close_range\(4294967295, 4294967295, 0\) = 0
pidfd_open\(-1, 0\) = -1 EINVAL .*
pidfd_getfd\(-1, 0, 0\) = -1 EBADF .*
epoll_create1\(.*\) = -1 EINVAL .*
rt_sigprocmask\(SIG_BLOCK, ~\[\], .*
clone\(.*
rt_sigprocmask\(SIG_SETMASK, .*
rt_sigprocmask\(SIG_SETMASK, .*
"""
# In a forked child; the first line is libc's.
FORKED = r"""\A((?:set_robust_list\(.*
)?)getpid\(\) = .*
"""
# At the end: the watcher is woken for its last look, and awaited.
END = r"""getpid\(\) = .*
(?:futex\(ADDRESS, FUTEX_WAKE, 2147483647\) = \d
clock_gettime\(CLOCK_MONOTONIC, .*
clock_gettime\(CLOCK_MONOTONIC, .*
(?:futex\(ADDRESS, FUTEX_WAIT, \w+, .*
clock_gettime\(CLOCK_MONOTONIC, .*
)*)?(?=exit_group)"""


def neutral(call):
    """A call without what differs from run to run."""
    if TELLS_PROCESS.match(call):
        call = re.sub(r"(?<![\w.])\d{2,}(?![\w.])", "N", call)
    for pattern, put in DIFFERS:
        call = pattern.sub(put, call)
    return call


def after_loader(calls):
    """The calls, for each program that is executed without those of the loader."""
    loading = False
    for call in calls:
        if not loading and not call.startswith(RANDOM):
            yield call
        if call.startswith("execve(") and call.endswith(" = 0"):
            loading = True
        elif call.startswith("munmap("):
            loading = False


def descent(files):
    """The name of each thread, by its id; the watcher's have none. A thread's file ends with its id."""
    calls = {int(path.suffix[1:]): path.read_text().splitlines() for path in files}
    made = {thread: [(int(found[1]), bool(WATCHER.match(call))) for call in own if (found := CLONES.match(call))]
            for thread, own in calls.items()}
    first, = calls.keys() - {child for children in made.values() for child, _ in children}
    names, pending = {}, [(first, "0")]
    while pending:
        thread, name = pending.pop()
        names[thread] = name
        own = [child for child, watcher in made[thread] if not watcher]
        pending += [(child, "%s.%d" % (name, number)) for number, child in enumerate(own, 1)]
    return {names[thread]: own for thread, own in calls.items() if thread in names}


def read(files):
    """The calls of each thread, by its name: a text of a line a call."""
    files = list(files)
    threads = re.compile(r"(?<!\d)(%s)(?!\d)" % "|".join(path.suffix[1:] for path in files))
    return {name: "".join(threads.sub("N", neutral(call)) + "\n" for call in after_loader(calls))
            for name, calls in descent(files).items()}


def without_library(name, calls):
    """A thread's calls without those that the library adds: each group once for each program that it has run."""
    executed = len(re.findall(r"^execve\(.* = 0$", calls, re.M))
    calls, loaded = re.subn(CONSTRUCTOR, "", calls)
    if loaded != executed:
        where = calls.find("MADV_WIPEONFORK")
        seen = calls[max(where - 500, 0):where + 3000]
        raise AssertionError("the constructor made other calls than it should:\n" + seen)
    if name != "0":
        calls = re.sub(FORKED, r"\1", calls)
    calls = re.sub(START, "", calls, count=executed + (name != "0"))
    return re.sub(END, "", calls)


def but(unwanted=None, threads=None):
    """A view of what was seen without those calls that a pattern matches from their begin: such as come as often as
    others have time for. Of all threads, or of some."""
    def view(seen):
        return {name: [call for call in calls.splitlines() if not unwanted or not re.match(unwanted, call)]
                for name, calls in seen.items() if not threads or name in threads}
    return view
