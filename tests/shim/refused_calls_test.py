"""Every system call that the library makes is refused to it, one by one: the program must not notice."""

import contextlib
import errno
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent / "support"))
import preload

SOURCES = Path(__file__).resolve().parents[2] / "shim"
POLICY = "grace=50ms interval=10ms stack=4 keepalive=60/10/3 [dir=out] action=close release=1ms [dir=in] action=reset"
AT_ONCE = 6
SECONDS = 30  # the longest that a program of half a second may take on a busy machine
SPIN_SECONDS = 0.15  # of the processor's time, beyond what it takes when nothing is refused

# Call, and the error it is refused with in the watcher's own room, and in the shared one where that is another.
# silent=MOMENT: without it nothing can be reported, and the program's health is all that is asked for. only=MOMENT: see
# below. after=CALL: it is made where that one is refused.
REFUSED = """
    clock_gettime EPERM silent=first silent=later
    clone EAGAIN EPERM silent=first
    close_range ENOSYS EPERM
    connect EPERM
    dup3 EBADF
    epoll_create1 EMFILE ENOSYS
    epoll_ctl ENOSPC EPERM
    epoll_pwait ENOSYS
    fcntl EMFILE EPERM
    futex ENOSYS EPERM only=first
    getcwd ENOENT
    getdents64 ENOSYS EINTR
    getgroups EPERM
    getpeername EPERM
    getpid EPERM
    getresgid ENOSYS
    getresuid ENOSYS
    getsockname EPERM
    getsockopt EPERM silent=first silent=later
    gettid ENOSYS
    ioctl EPERM
    lseek ESPIPE
    madvise EINVAL
    mmap ENOMEM silent=first
    munmap ENOMEM
    openat EMFILE EACCES silent=first
    pidfd_getfd EPERM ENOSYS
    pidfd_open ENOSYS EMFILE
    ppoll ENOSYS ENOMEM silent=later
    prctl EPERM
    prlimit64 EPERM
    process_vm_readv ENOSYS EPERM
    pselect6 ENOSYS EBADF
    pwritev2 ENOSYS
    read EIO
    readlinkat EPERM EACCES
    recvfrom ENOMEM
    rt_sigprocmask EPERM silent=first
    sendto ENOBUFS
    setgroups EPERM
    setresgid EPERM
    setresuid EPERM
    setsockopt EPERM
    shutdown EPERM
    socket EMFILE EAFNOSUPPORT
    statx ENOSYS EPERM silent=later
    tgkill EPERM
    unshare EPERM after=close_range silent=first
    wait4 ECHILD
    write ENOSPC silent=first
"""
# futex: who sleeps already cannot be woken any more, so that the watcher cannot be told of a change of rights.
# openat, write, unshare: the log. ppoll, statx: stderr, which is written to where it cannot block, and is what it was.

# Made only where a process hides what it holds, or the program's main thread has gone.
SELDOM = {"read"}

# Not refused, and why.
SPARED = {
    "close": "who is refused this cannot end a connection, nor can the program",
    "exit": "a thread cannot end without it, nor can the program's own",
    "exit_group": "the same of a process",
    "kill": "the signal is what limit= asks for",
    "mremap": "only with more leaks than this test has",
    "sched_yield": "its answer is not looked at",
    "writev": "only for a mistake in the policy, which would not be shown",
}



MOMENTS = ("first", "later")  # before the library begins, and when its watcher is at work
SAID = re.compile(r"waitclose: (leak|action|backlog|healed|summary) .*|waitclose: cannot write the log .*")


def in_the_source():
    """The calls that the library makes on its own; the hooks make what the program asks for."""
    names = {"clone", "exit"}  # in assembly
    for path in [*SOURCES.glob("*.c"), *SOURCES.glob("*.h")]:
        if path.name not in ("next.c", "hook_process.c"):
            names |= set(re.findall(r"\b(?:SYS|RAW)_([a-z]\w*)", path.read_text()))
    return {re.sub("32$", "", name) for name in names} - {"map", "mmap2"} | {"mmap"}


def numbers():
    """Of all calls, by name, as this machine's headers have them."""
    source = "#include <sys/syscall.h>\n"
    command = ["cc", "-E", "-dM", "-x", "c", "-"]
    defined = subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout
    return {name: int(number) for name, number in re.findall(r"^#define __NR_(\w+) (\d+)$", defined, re.M)}


class Call(NamedTuple):
    """A line of REFUSED."""

    name: str
    errors: dict  # by room
    silent: list  # moments
    moments: list
    after: str


KEYS = ("silent", "only", "after")


def calls():
    for line in REFUSED.strip().splitlines():
        name, *words = line.split()
        errors = [getattr(errno, word) for word in words if "=" not in word]
        told = {key: [word[len(key) + 1 :] for word in words if word.startswith(key + "=")] for key in KEYS}
        after = "".join(told["after"])
        yield Call(name, dict(zip(preload.ROOMS, errors * 2)), told["silent"], told["only"] or MOMENTS, after)


class Finished:
    """How the program ended, what it said, and what was reported."""

    def __init__(self, room, moment, call=None, error=0):
        refused = [f"{NUMBERS[call.name]}:{error}:{moment}"] if call else []
        if call and call.after:
            refused.append(f"{NUMBERS[call.after]}:{errno.ENOSYS}:first")
        if room == "shared":
            refused.append(f"{NUMBERS['pidfd_getfd']}:{errno.EPERM}:first")
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o777)
            environment = preload.clean_environment(
                LD_PRELOAD=f"{preload.LIBRARY}:{preload.program('refuse.so')}",
                WAITCLOSE=f"log=events format=json {POLICY}" if moment == "first" else POLICY,
                REFUSE=" ".join(refused),
            )
            self.run(environment, directory)
            log = Path(directory) / "events"
            self.leaks = self.said.count("waitclose: leak ")
            if log.exists():
                self.leaks += sum(json.loads(line)["event"] == "leak" for line in log.read_text().splitlines())

    def run(self, environment, directory):
        reading, writing = os.pipe()
        with open(f"{directory}/stdout", "w+") as stdout:
            process = subprocess.Popen(
                [preload.program("every_call")],
                env=environment, cwd=directory, stdin=subprocess.DEVNULL, stdout=stdout, stderr=writing,
                start_new_session=True,
            )
            timer = threading.Timer(SECONDS, os.killpg, (process.pid, signal.SIGKILL))
            timer.start()
            _, status, usage = os.wait4(process.pid, 0)
            timer.cancel()
            process.returncode = self.status = os.waitstatus_to_exitcode(status)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its child, where it could not end it
            self.stdout = Path(stdout.name).read_text()
        os.close(writing)
        with open(reading) as pipe:
            self.said = pipe.read()
        self.cpu = usage.ru_utime + usage.ru_stime


NUMBERS = numbers()


class RefusedCalls(unittest.TestCase):
    def test_none_is_forgotten(self):
        named = {call.name for call in calls()} | SPARED.keys()
        self.assertEqual(sorted(named), sorted(in_the_source()))

    def problems(self, finished, reports):
        if (finished.status, finished.stdout) != (0, "unharmed\n"):
            yield f"status {finished.status}, stdout {finished.stdout!r}"
        if not all(SAID.fullmatch(line) for line in finished.said.splitlines()):
            yield "stderr: " + finished.said
        if finished.cpu > self.usual + SPIN_SECONDS:
            yield f"{finished.cpu:.2f} s of the processor's time, where {self.usual:.2f} s are usual"
        if reports and finished.leaks < 2:
            yield f"{finished.leaks} leaks reported"

    def test_each(self):
        self.usual = max(Finished(room, "later").cpu for room in preload.ROOMS)

        def run(call, room, moment):
            finished = Finished(room, moment, call, call.errors[room])
            reports = moment not in call.silent
            return [f"{call.name}, {room}, {moment}: {problem}" for problem in self.problems(finished, reports)]

        cases = [(call, room, moment) for call in calls() for room in preload.ROOMS for moment in call.moments]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = sum(pool.map(lambda case: run(*case), cases), [])
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_each_is_made(self):
        """A refusal that ends the program does end it."""

        def is_made(call):
            cases = [(room, moment) for room in preload.ROOMS for moment in MOMENTS]
            return any(Finished(room, moment, call, 0).status == -signal.SIGSYS for room, moment in cases)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            made = list(pool.map(is_made, calls()))
        self.assertEqual([call.name for call, one in zip(calls(), made) if not one and call.name not in SELDOM], [])


if __name__ == "__main__":
    unittest.main()
