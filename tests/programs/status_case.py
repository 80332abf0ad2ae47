"""What the tests of `waitclose status` share: programs under the library that do as they are told, and what is said of them.

Other tests run programs under other libraries at the same time, so each looks only at processes of its own.
"""
import json
import pathlib
import socket
import struct
import subprocess

from harness import BUILD, PATIENCE, PYTHON, Case, environment, wait_for

COMMAND = BUILD / "waitclose"
QUICK = "log=none grace=100ms interval=20ms"
LONG_AGO = "grace=1h interval=20ms log=none"  # nothing is a leak for the time being

# Connects to the test's listener, and does what it reads, a line at a time.
OBEDIENT = """
import os, signal, socket, sys, threading, time
address, kept = ("127.0.0.1", int(sys.argv[1])), {}
def connect():
    made = socket.create_connection(address)
    kept[made.fileno()] = made
    return made.fileno()
print(0, flush=True)
for line in sys.stdin:
    print(eval(line), flush=True)
"""


def run(*words, command=(COMMAND,), **options):
    options.setdefault("env", environment(preload=False))
    return subprocess.run([str(word) for word in (*command, "status", *words)], capture_output=True, text=True,
                          timeout=PATIENCE, **options)


def of(pid, name):
    """A file of the process in /proc."""
    return pathlib.Path("/proc/%d/%s" % (pid, name)).read_text()


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Program:
    """One that does as it is told."""

    def __init__(self, process):
        self.process, self.pid = process, process.pid
        process.stdout.readline()

    def do(self, expression):
        self.process.stdin.write(expression + "\n")
        self.process.stdin.flush()
        return eval(self.process.stdout.readline())


class StatusCase(Case):
    def setUp(self):
        super().setUp()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listener.close)
        self.port = self.listener.getsockname()[1]

    def program(self, policy=QUICK, env=None, before=()):
        return Program(self.start(*before, PYTHON, "-c", OBEDIENT, self.port, stdin=subprocess.PIPE, text=True,
                                  stdout=subprocess.PIPE, env=env or environment(policy)))

    def pair(self, program):
        """A connection: the number in the program, and our end."""
        number = program.do("connect()")
        ours = self.listener.accept()[0]
        self.addCleanup(ours.close)
        return number, ours

    def half_closed(self, program, data=b""):
        """The number of a socket in CLOSE_WAIT."""
        number, ours = self.pair(program)
        ours.sendall(data)
        ours.close()
        wait_for("CLOSE_WAIT", lambda: program.do("kept[%d].getsockopt(6, 11, 1)[0]" % number) == 8)
        return number

    def document(self, *words, status=(0, 1), **options):
        finished = run("--json", *words, **options)
        self.assertIn(finished.returncode, status, finished.stderr)
        self.assertEqual(finished.stdout.count("\n"), 1)
        return json.loads(finished.stdout)

    def seen(self, pid, **options):
        """What is said of one process."""
        process, = self.document(pid, **options)["processes"]
        self.assertEqual(process["pid"], pid)
        return process

    def socket_of(self, pid, number, **options):
        """What is said of one of its sockets, or None."""
        return next((one for one in self.seen(pid, **options)["sockets"] if number in one["fds"]), None)

    def listed(self, pid):
        """What the list of all says of one process, or None."""
        return next((one for one in self.document(status=(0, 125))["processes"] if one["pid"] == pid), None)

    def wait_for_leaks(self, pid, count, **options):
        """Reported by the library itself."""
        def reported():
            process = self.seen(pid, **options)
            return sum(one["reported"] for one in process["sockets"]) == count and process
        return wait_for("%d leaks" % count, reported)
