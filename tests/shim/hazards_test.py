"""Each hazard that a preloaded library meets has a small program that holds us to it. Here these programs run under one
that is written as such libraries usually are (support/naive.c), and fail: so they can."""

import collections
import os
import re
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
import preload

NAIVE = preload.BUILD / "tests/shim/naive.so"
HERE = Path(__file__).parent
SECONDS = 6  # what does not end by then hangs

FORKS = "3000"  # of fork_exec_storm: so many that some fork meets the lock taken

# What even the naive one can do.
PLAIN = ("eof_ignored", "eof_unread")

# Hazard, program, and how the naive library fails. Those that no small program can show are tested where noted:
#   siblings for another time_t or offset: exports_test.py     sanitizers, jemalloc: neighbours_test.py
#   thread-local storage, secure_getenv: exports_test.py       RTLD_DEEPBIND, dlmopen: loading_test.py
#   static programs, Go: programs/check_test.py                a log that blocks or fails, and a starter that waits
#   the main thread is gone: main_thread_gone.c                for stderr to close: fail_open_test.py
HAZARDS = (
    ("called before its constructor", "before_constructors", "its table is not there yet: a crash"),
    ("an allocator, or dlsym, that re-enters", "allocator_reads", "read allocates and reads: a crash, or a circle"),
    ("fork among threads", "fork_exec_storm", "the child waits for a lock that nobody holds any more"),
    ("fork in a signal handler", "fork_in_handler", "no child has a watcher"),
    ("vfork", "vfork_closes_all", "the child's closes strike out the parent's socket"),
    ("_Fork", "bare_fork", "no watcher in the child"),
    ("clone", "clone_child", "no watcher in the child"),
    ("daemon", "daemon_child", "no watcher in the child"),
    ("daemon, twice", "daemon_twice", "no watcher in either child"),
    ("double fork", "double_fork", "no watcher in the grandchild"),
    ("exec", "exec_inherits", "what is inherited passed no hook"),
    ("signals", "signals_stay_away", "the watcher takes the program's signals"),
    ("privileges", "change_of_user", "the log can be opened no more"),
    ("seccomp", "ended_in_sandbox", "makes calls that the filter does not know"),
    ("_FORTIFY_SOURCE", "fortified_reads", "the twins are other names: the end was not seen"),
    ("getenv's string, errno of a constructor", "as_it_was_started", "the policy is cut, errno is another"),
    ("errno of a hook", "errno_kept", "its question sets errno"),
    ("EMFILE", "emfile", "the log cannot be opened"),
    ("numbers of 1024 and more", "high_number", "beyond its table"),
    ("the last thread ends by exit(2)", "bare_exit", "the watcher keeps the process alive"),
    ("cancellation", "cancelled_calls", "a lock stays taken"),
    ("a close that is cancelled", "close_cancelled", "was struck out before"),
    ("sockets made past the hooks", "raw_socket", "are not there"),
    ("a number used again past the hooks", "number_reused", "the old one's end is taken for the new one's"),
)


def expected(program):
    """The exit status, and how many leaks of each cause, by what is written at the program's top."""
    lines = re.findall(r"^// (\w+): *(.*?) *$", (HERE / f"{program}.c").read_text(), re.M)
    leaks = collections.Counter()
    for key, value in lines:
        if key == "expect" and (leak := re.match(r"(?:(\d+) )?leak(?=.*\bcause=([\w-]+)|)", value)):
            leaks[leak[2]] += int(leak[1] or 1)
    return int(dict(lines).get("exit", 0)), leaks


def under_naive(program, awaits=False):
    """The same, as it is. awaits: the program waits for its leaks to be told of."""
    policy = re.search(r"^// policy: *(.*)$", (HERE / f"{program}.c").read_text(), re.M)[1]
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)  # for programs that become another user
        log = Path(directory) / "leaks"
        environment = preload.clean_environment(
            LD_PRELOAD=str(NAIVE), NAIVE_LOG=str(log), WAITCLOSE=policy, FORKS=FORKS
        )
        if awaits:
            environment["TEST_EVENTS"] = str(log)
        finished = preload.finish([preload.program(program)], SECONDS, env=environment, cwd=directory)
        causes = re.findall(r'"cause":"([\w-]+)"', log.read_text()) if log.exists() else []
    return finished.status, collections.Counter(causes)


class Hazards(unittest.TestCase):
    def test_plain_leaks_are_found(self):
        for program in PLAIN:
            with self.subTest(program):
                self.assertEqual(under_naive(program, awaits=True), expected(program))

    def test_each_hazard_is_one(self):
        with ThreadPoolExecutor(4) as pool:
            found = pool.map(under_naive, [program for _, program, _ in HAZARDS])
            for (hazard, program, how), result in zip(HAZARDS, found):
                with self.subTest(hazard, program=program, how=how):
                    self.assertNotEqual(result, expected(program))


if __name__ == "__main__":
    unittest.main()
