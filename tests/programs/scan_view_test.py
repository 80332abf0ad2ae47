"""`waitclose scan`: the whole of what it prints, into a pipe and on a terminal; in a network namespace of its own where
all sockets count."""
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
import unittest

from harness import PATIENCE, PYTHON, environment
from scan_case import AT_ONCE, COMMAND, ScanCase, reset, run


class WholeMachine(ScanCase):
    """In a network namespace of its own, where all sockets are ours."""

    PRELUDE = """
import fcntl, json, os, pty, socket, struct, subprocess, sys, termios, time
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
listener = socket.create_server(("127.0.0.1", 0))
def pair():
    return socket.create_connection(listener.getsockname()), listener.accept()[0]
def scan(*words):
    finished = subprocess.run([sys.argv[1], "scan", *words], capture_output=True, text=True)
    return [finished.returncode, finished.stdout, finished.stderr]
def on_terminal(columns):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    child = subprocess.Popen([sys.argv[1], "scan"], stdout=theirs, env={"NO_COLOR": "1"})
    os.close(theirs)
    output = b""
    try:
        while more := os.read(ours, 65536):
            output += more
    except OSError:  # the other side is gone
        child.wait()
    return output.decode().replace("\\r", "")
"""

    def inside(self, script):
        unshare = ["unshare", "-n"] if os.getuid() == 0 else ["unshare", "-rn"]
        finished = subprocess.run([*unshare, PYTHON, "-c", self.PRELUDE + script, COMMAND], capture_output=True, text=True,
                                  timeout=PATIENCE, env=environment(preload=False))
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))
        return json.loads(finished.stdout)

    def test_nothing_leaks(self):
        (status, stdout, _), document = self.inside("""
kept = [pair() for _ in range(2)]
print(json.dumps([scan(), json.loads(scan("--json")[1])]))
""")
        self.assertEqual((status, stdout), (0, "CLOSE_WAIT 0 ESTABLISHED 4\n"))
        self.assertEqual(document["states"], {"ESTABLISHED": 4, "LISTEN": 1})
        self.assertEqual([document[key] for key in ("leaks", "processes", "queues", "unseen")], [0, [], [], []])

    def test_counts_and_statuses(self):
        young, old, document = self.inside("""
kept = [pair() for _ in range(6)]
for ours, theirs in kept[:3]:
    theirs.close()
kept[3][1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
kept[3][1].close()
kept[4][0].close(); kept[4][1].close()
time.sleep(0.2)
print(json.dumps([scan(), scan("-o", "grace=100ms"), json.loads(scan("-o", "grace=100ms", "--json")[1])]))
""")
        counts = "CLOSE 1 CLOSE_WAIT 3 ESTABLISHED 2 FIN_WAIT2 3 TIME_WAIT 1\n"
        self.assertEqual((young[0], young[1].partition("\n")[0] + "\n"), (0, counts))
        self.assertEqual((old[0], old[1].partition("\n")[0] + "\n"), (1, counts))
        self.assertEqual((young[1].count("\n"), old[1].count(" leaks, 3 CLOSE_WAIT, 1 CLOSE; worth wrapping\n")), (8, 1))
        self.assertEqual(document["leaks"], 4)
        self.assertEqual([one["leaks"] for one in document["processes"]], [4])

    def test_sees_its_own_namespace_only(self):
        ours = self.half_closed()
        reset_one, theirs = self.pair()
        reset(theirs)
        self.wait_until(reset_one, 7)
        documents = self.inside('print(json.dumps(json.loads(scan("--json")[1])))')
        self.assertEqual((documents["processes"], documents["states"]), ([], {"LISTEN": 1}))
        self.assertIsNotNone(self.own(ours))

    def test_worst_first(self):
        """The process with the most leaks; in it leaks, the oldest, and then what is none yet."""
        (_, stdout, _), = self.inside("""
one, other = [pair() for _ in range(2)], []
first = [ours for ours, theirs in one]
one[0][1].close(); time.sleep(0.3); one[1][1].send(b"x"); one[1][1].close(); time.sleep(0.2)
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE,
                         pass_fds=[first[0].fileno()])
third = pair(); third[1].close(); time.sleep(0.2)
print(json.dumps([scan("-o", "grace=100ms")]))
child.communicate()
""")
        ours, childs = [block.split("\n")[-4:] for block in stdout.rstrip("\n").split("\n\n")[1:]]
        self.assertIn(": 2 leaks, 3 CLOSE_WAIT", ours[0])
        self.assertEqual([row.rpartition(" ")[2] for row in ours[1:]], ["shared", "eof-unread", "(data-unread)"])
        self.assertIn(": 1 leak, 1 CLOSE_WAIT", "\n".join(childs))

    def test_width(self):
        """Names of columns are cut first, then the cause; never an address."""
        narrow, tight, wide, piped = self.inside("""
kept = [pair() for _ in range(2)]
kept[0][1].close()
kept[1][1].send(b"x"); kept[1][1].close()
shared = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE,
                          pass_fds=[kept[0][0].fileno()])
time.sleep(0.3)
print(json.dumps([on_terminal(72), on_terminal(80), on_terminal(200), scan()[1]]))
shared.communicate()
""")
        rows = [[line for line in text.split("\n") if line.startswith(("State ", "CLOSE_WAIT  "))]
                for text in (narrow, tight, wide, piped)]
        self.assertEqual([len(one) for one in rows], [4, 4, 4, 4])
        self.assertEqual(rows[2], rows[3])
        self.assertRegex(rows[2][1], r"\(eof-unread, shared\)$")
        self.assertIn(" Local Address:Port ", rows[2][0])
        for one, width in ((rows[0], 72), (rows[1], 80)):
            self.assertEqual(max(map(len, one)), width)
            self.assertIn(" Local Addres", one[0])
            self.assertRegex(one[1], r" \(eof-u[^ ]*.*\.\.$")
            for row, whole in zip(one[1:], rows[2][1:]):
                self.assertEqual(row.split()[:7], whole.split()[:7])


class Terminal(ScanCase):
    @contextlib.contextmanager
    def terminal(self, *words, columns=80, lines=24, **more):
        """The command on a terminal of that size; gives what reads on until a pattern has come."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        child = self.start(COMMAND, "scan", *words, stdin=theirs, stdout=theirs, stderr=theirs,
                           env=environment(preload=False, **{"TERM": "xterm", **more}))
        os.close(theirs)
        output = ""

        def read_until(pattern):
            nonlocal output
            end = time.monotonic() + PATIENCE
            while not re.search(pattern, output, re.S):
                self.assertLess(time.monotonic(), end, output)
                if select.select([ours], [], [], 0.1)[0]:
                    try:
                        output += os.read(ours, 65536).decode()
                    except OSError:  # the other side is gone
                        self.assertRegex(output, re.compile(pattern, re.S))
            return output.replace("\r\n", "\n")

        try:
            yield read_until
        finally:
            self.end(child)
            os.close(ours)

    @staticmethod
    def plain(text):
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)

    def row_of(self, connection, text):
        local = connection.getsockname()[1]
        return next(line for line in text.split("\n") if ":%d " % local in line)

    def test_colour(self):
        ours = self.half_closed()
        pattern = r"127\.0\.0\.1:%d [^\n]*\n" % ours.getsockname()[1]
        with self.terminal("-o", AT_ONCE) as read_until:
            self.assertIn("\x1b[", self.row_of(ours, read_until(pattern)))
        for more in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            with self.subTest(more=more), self.terminal("-o", AT_ONCE, **more) as read_until:
                self.assertNotIn("\x1b", read_until(pattern))
        with self.terminal("-o", AT_ONCE, NO_COLOR="") as read_until:
            self.assertIn("\x1b[", self.row_of(ours, read_until(pattern)))
        self.assertNotIn("\x1b", run("-o", AT_ONCE).stdout)

    def test_watch(self):
        for _ in range(40):
            self.half_closed()
        with self.terminal("--watch=0.1", "-o", AT_ONCE, lines=24) as read_until:
            screens = read_until(r"(\x1b\[H\x1b\[J.*){4}").split("\x1b[H\x1b[J")[1:-1]
        for screen in screens:
            self.assertRegex(self.plain(screen), r"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n(CLOSE \d+ )?CLOSE_WAIT \d+ ")
            self.assertLessEqual(screen.count("\n"), 24)
            self.assertFalse(screen.count("\n") == 24 and screen.endswith("\n"))
        self.assertRegex(self.plain(screens[-1]), r"\nand \d+ more\n|\n[^\n]* leaks, 4\d CLOSE_WAIT")

    def test_watch_in_a_pipe(self):
        for words in (["--json"], []):
            child = self.start(COMMAND, "scan", "--watch=0.1", "-o", AT_ONCE, *words, stdout=subprocess.PIPE, text=True,
                               env=environment(preload=False))
            looks = []
            while len(looks) < 2:
                line = child.stdout.readline()
                self.assertTrue(line)
                if words:
                    looks.append(json.loads(line)["time"])
                elif re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", line):
                    looks.append(line)
            self.assertIsNone(child.poll())
            self.end(child)


if __name__ == "__main__":
    unittest.main()
