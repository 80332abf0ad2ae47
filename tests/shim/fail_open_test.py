"""Whatever goes wrong with us, the program runs as without us, and at its speed."""

import os
import resource
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
import preload

QUICK = "grace=100ms interval=20ms"
SECONDS = 3  # the longest that a program of half a second may take


def full_pipe():
    """The writing end of a pipe that holds no more, and the other, which nobody reads."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while os.write(writing, b"x" * 4096):
            pass
    except BlockingIOError:
        os.set_blocking(writing, True)
    return reading, writing


class Logs(unittest.TestCase):
    def run_in_each_room(self, policy, name="eof_ignored", **popen):
        """Runs a program that leaks. It must not be any the worse for its log; returns what it said on stderr."""
        said = []
        for room in preload.ROOMS:
            began = time.monotonic()
            finished = preload.run([preload.program(name)], f"{QUICK} {policy}", room, **popen)
            self.assertEqual((finished.status, finished.stdout), (0, ""), room)
            self.assertLess(time.monotonic() - began, SECONDS, room)
            said.append(finished.stderr)
        return said

    def assert_says_so_once(self, policy, path, **popen):
        for stderr in self.run_in_each_room(policy, **popen):
            self.assertRegex(stderr, rf"\Awaitclose: cannot write the log {path} .*\n\Z")

    def assert_at_most_a_line(self, policy, **popen):
        for stderr in self.run_in_each_room(policy, **popen):
            self.assertLessEqual(stderr.count("\n"), 1, stderr)

    def test_unwritable(self):
        self.assert_says_so_once("log=/nowhere/log", "/nowhere/log")

    def test_directory(self):
        with tempfile.TemporaryDirectory() as directory:
            self.assert_says_so_once(f"log={directory}", directory)

    def test_disk_full(self):
        self.assert_at_most_a_line("log=/dev/full")

    def test_log_is_a_pipe_that_nobody_reads(self):
        with tempfile.TemporaryDirectory() as directory:
            os.mkfifo(f"{directory}/log")
            self.assert_at_most_a_line(f"log={directory}/log")

    def test_daemons(self):
        """Where there is no syslog, or there is: the program does not care."""
        for target in ("syslog", "journal"):
            self.assert_at_most_a_line(f"log={target}")

    def test_file_size_limit(self):
        """Beyond RLIMIT_FSIZE a write raises SIGXFSZ, which would end the program."""
        with tempfile.TemporaryDirectory() as directory:
            for watch in ("on", "off"):
                self.assert_at_most_a_line(
                    f"log={directory}/log watch={watch}",
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
                )

    def test_stderr_closed_from_the_start(self):
        self.run_in_each_room("", preexec_fn=lambda: os.close(2))

    def test_stderr_is_full(self):
        for watch in ("on", "off"):
            reading, writing = full_pipe()
            self.run_in_each_room(f"watch={watch}", stderr=writing)
            os.close(reading)
            os.close(writing)

    def test_stderr_has_no_reader(self):
        """A write raises SIGPIPE, which would end the program."""
        for watch in ("on", "off"):
            reading, writing = os.pipe()
            os.close(reading)
            self.run_in_each_room(f"watch={watch}", stderr=writing)
            os.close(writing)


class Ends(unittest.TestCase):
    PROGRAM = """
import os, socket, sys, time
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
listener.accept()[0].close()
until = time.monotonic() + 20
while time.monotonic() < until:
    time.sleep(0.1)
    with socket.socket() as other:
        if other.fileno() == client.fileno():
            os._exit(0)
os._exit(1)
"""

    def test_number_is_given_back_though_the_log_is_full(self):
        reading, writing = full_pipe()
        policy = f"{QUICK} action=close release=1ms"
        finished = preload.run([sys.executable, "-c", self.PROGRAM], policy, stderr=writing)
        os.close(reading)
        os.close(writing)
        self.assertEqual(finished.status, 0)


class StandardError(unittest.TestCase):
    DAEMON = """
import os, socket, time
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
server, _ = listener.accept()
time.sleep(0.2)
for number in (0, 1, 2):
    os.close(number)
time.sleep(30)
"""

    def test_pipe_ends_when_the_program_closes_it(self):
        """A starter that waits for the end of its stderr pipe must not wait for us."""
        for room in preload.ROOMS:
            with self.subTest(room):
                command, environment = preload.command_and_environment([sys.executable, "-c", self.DAEMON], QUICK, room)
                with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
                    began = time.monotonic()
                    try:
                        process.stderr.read()
                        self.assertLess(time.monotonic() - began, 10)
                        self.assertIsNone(process.poll())
                    finally:
                        process.kill()


class Scarcity(unittest.TestCase):
    def assert_unharmed(self, policy, limit, value):
        finished = preload.run(
            [preload.program("eof_ignored")], policy, preexec_fn=lambda: resource.setrlimit(limit, (value, value))
        )
        self.assertEqual((finished.status, finished.stdout), (0, ""))
        self.assertRegex(finished.stderr, r"\A(waitclose: (leak|summary) .*\n)*\Z")

    def test_little_address_space(self):
        """From too little for us to plenty."""
        for megabytes in (8, 16, 32, 48, 56, 64, 96, 256):
            with self.subTest(megabytes=megabytes):
                self.assert_unharmed(QUICK, resource.RLIMIT_AS, megabytes << 20)
                self.assert_unharmed(QUICK + " stack=32 watch=off", resource.RLIMIT_AS, megabytes << 20)

    def test_few_descriptors(self):
        for numbers in (9, 16, 100):
            self.assert_unharmed(QUICK, resource.RLIMIT_NOFILE, numbers)

    def test_no_second_thread(self):
        """Does not hold for root, who is exempt."""
        self.assert_unharmed(QUICK, resource.RLIMIT_NPROC, 1)


if __name__ == "__main__":
    unittest.main()
