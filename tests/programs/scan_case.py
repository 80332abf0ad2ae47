"""What the tests of `waitclose scan` share: sockets of their own, and what is said of them.

Other tests leak at the same time, so each looks only at processes and listeners of its own.
"""
import json
import os
import socket
import struct
import subprocess

from harness import BUILD, PATIENCE, Case, environment, wait_for

COMMAND = BUILD / "waitclose"
AT_ONCE = "grace=100ms unread-grace=100ms"
TLS_1_3_CLOSE_NOTIFY = b"\x17\x03\x03\x00\x13" + 19 * b"x"


def run(*words, command=(COMMAND,), **options):
    options.setdefault("env", environment(preload=False))
    return subprocess.run([str(word) for word in (*command, "scan", *words)], capture_output=True, text=True,
                          timeout=PATIENCE, **options)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def text_of(address):
    return ("[%s]:%d" if ":" in address[0] else "%s:%d") % address[:2]


class ScanCase(Case):
    def setUp(self):
        super().setUp()
        self.listener = self.kept(socket.create_server(("127.0.0.1", 0)))
        self.address = self.listener.getsockname()

    def kept(self, thing):
        """Closed when the test is over."""
        self.addCleanup(thing.close)
        return thing

    def pair(self):
        ours = self.kept(socket.create_connection(self.address))
        return ours, self.kept(self.listener.accept()[0])

    def half_closed(self, data=b""):
        """A socket of ours in CLOSE_WAIT."""
        ours, theirs = self.pair()
        theirs.sendall(data)
        theirs.close()
        self.wait_until(ours, 8)
        return ours

    @staticmethod
    def wait_until(connection, state):
        wait_for("state %d" % state, lambda: connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == state)

    def document(self, *words, **options):
        finished = run("--json", *words, **options)
        self.assertIn(finished.returncode, (0, 1), finished.stderr)
        self.assertEqual(finished.stdout.count("\n"), 1)
        return json.loads(finished.stdout)

    def process(self, pid, *words, **options):
        """What is said of one process, or None."""
        processes = [one for one in self.document(*words, **options)["processes"] if one["pid"] == pid]
        self.assertLess(len(processes), 2)
        return processes[0] if processes else None

    def own(self, connection, *words, **options):
        """What is said of one socket of ours, or None."""
        process = self.process(os.getpid(), *words, **options)
        sockets = process["sockets"] if process else []
        return next((found for found in sockets if connection.fileno() in found["fds"]), None)

    def lines(self, *words, pid=None, **options):
        """The lines of one process in the table: the heading, then its rows."""
        blocks = run(*words, **options).stdout.rstrip("\n").split("\n\n")[1:]
        return next(lines for lines in ([line for line in block.split("\n") if not line.startswith("State ")]
                                        for block in blocks) if "(pid %d," % (pid or os.getpid()) in lines[0])
