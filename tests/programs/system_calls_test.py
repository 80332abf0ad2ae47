#!/usr/bin/python3
"""strace sees the same calls, with the same arguments, in the same order, in each thread of a program with the library
as without; but for the few that load it, start its watcher and end it, each in its place."""
import difflib
import shutil
import subprocess
import unittest

import clients
import harness
import straces

# What a program with many threads does in its own time.
MEMORY_AND_LOCKS = "(mmap|munmap|mprotect|madvise|futex|sched_yield)\\b"
# Interpreters that take memory as they did the last time.
AS_EVER = {"PYTHONHASHSEED": "0", "PYTHONMALLOC": "malloc", "PERL_HASH_SEED": "0"}
# Java without what it does by the clock, with other processes, or beside main.
JAVA_AS_EVER = "-Xint", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-XX:-UseContainerSupport"
ATTEMPTS = 8  # runs without the library that may be needed to see again what was seen with it


def lines(threads):
    return [line for name, calls in sorted(threads.items()) for line in ("thread %s" % name, *calls)]


class SystemCalls(clients.Case):
    def trace(self, preload, command, script):
        """The calls of each thread. The place and what it holds are the same each time."""
        place = self.place / "home"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        traces = self.place / ("with" if preload else "without")
        shutil.rmtree(traces, ignore_errors=True)
        traces.mkdir()
        loads = ["-ELD_PRELOAD=%s" % harness.LIBRARY] if preload else []
        finished = subprocess.run([*straces.STRACE, *loads, "-o", str(traces / "thread"), *command], cwd=place,
                                  env=harness.environment(preload=False, HOME=str(place), **AS_EVER),
                                  input=script.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=harness.PATIENCE)
        self.assertEqual((finished.returncode, finished.stderr), (0, b""))
        return straces.read(traces.iterdir()), finished.stdout

    def check(self, *command, script="", see=straces.but()):
        """What was seen with the library is seen without it, at once or in one of a few more runs."""
        threads, output = self.trace(True, command, script)
        wanted = see({name: straces.without_library(name, calls) for name, calls in threads.items()})
        for _ in range(ATTEMPTS):
            threads, plain_output = self.trace(False, command, script)
            self.assertEqual(output, plain_output)
            found = see(threads)
            if found == wanted:
                return
        difference = difflib.unified_diff(lines(found), lines(wanted), "without", "with", n=2, lineterm="")
        self.fail("\n".join(difference))

    def test_curl(self):
        url = self.pages()
        self.check("curl", "-sS", url + "one", url + "two", see=straces.but(r"poll|rt_sigaction\(SIGPIPE"))

    def test_wget(self):
        url = self.pages()
        self.check("wget", "-q", "-O", "-", url + "one", url + "two")

    def test_python(self):
        port = self.pages().split(":")[2].rstrip("/")
        self.check(harness.PYTHON, "-c", clients.PYTHON_CLIENT, port, "/one", "/two")

    def test_perl(self):
        self.check("perl", "-e", clients.PERL_CLIENT, str(self.answering()))

    def test_nc(self):
        self.check("nc", "-N", "127.0.0.1", str(self.answering()), script="hello\n")

    def test_bash(self):
        self.check("bash", "-c", clients.BASH_CLIENT, "client", str(self.answering()))

    def test_redis_cli(self):
        self.check("redis-cli", "-p", self.redis(), script="set key 1\nget key\nping\n")

    def test_git(self):
        self.check("git", "-c", "pack.threads=1", "clone", "-q", self.git_daemon() + "project.git", "clone",
                   see=straces.but(r"(read|write|ioctl)\b"))

    def test_ssh(self):
        self.check("ssh", *self.sshd(), "echo hello; cat", script="more\n", see=straces.but(r"(poll|read|getpid)\b"))

    def test_java(self):
        """Of its threads, the launcher's and main's: the others collect garbage."""
        client = self.java("Client", clients.JAVA_CLIENT, *JAVA_AS_EVER)
        self.check(*client, str(self.answering()), see=straces.but(MEMORY_AND_LOCKS, ("0", "0.1")))

    def test_node(self):
        port = self.pages().split(":")[2].rstrip("/")
        self.check("node", "-e", clients.NODE_CLIENT, port, "/one", "/two",
                   see=straces.but(MEMORY_AND_LOCKS + "|epoll_pwait|read\\(.*maps>|(read|write)\\(.*eventfd"))


if __name__ == "__main__":
    unittest.main()
