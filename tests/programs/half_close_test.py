#!/usr/bin/python3
"""Transfers of a minute, with a grace of a second: nobody ends them, though of most one side has shut down its sending
at once. All run side by side: a server in Python and nc -N, the same through ssh forwarding, ssh itself, and rsync."""
import errno
import hashlib
import os
import pathlib
import pwd
import random
import re
import subprocess
import threading
import time
import unittest

import endings
import harness

SECONDS = 60
BEAT = 0.2  # seconds from one block to the next
BLOCK = 1000
RATE = 100  # KiB a second, for rsync
POLICY = 'format=json summary=on action=close grace=1s interval=100ms log="%s"'
HALF_CLOSED = "FIN-WAIT-2", "CLOSE-WAIT"  # at the client, at the server
PRIVILEGE_SEPARATION = pathlib.Path("/run/sshd")  # sshd's, built in; it starts as root only where that is there

# Reads each of two clients to its end; never says a word to the first, and sends the second what it reads itself.
SERVER = """
import socket, sys

with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    quiet, talking = listener.accept()[0], listener.accept()[0]
for connection in quiet, talking:
    while connection.recv(100):
        pass
while block := sys.stdin.buffer.read1():
    talking.sendall(block)
"""

SSHD = """
ListenAddress 127.0.0.1:%(port)d
HostKey %(place)s/host
AuthorizedKeysFile %(place)s/key.pub
StrictModes no
PermitRootLogin yes
PidFile none
"""

RSYNCD = """
address = 127.0.0.1
port = %(port)d
use chroot = no
%(user)s
[files]
path = %(place)s
read only = no
"""


class Feed:
    """Gives a block of random bytes to each of many, every beat, from when they come."""

    def __init__(self):
        self.sinks = {}  # name: where to write, and the hash of all that was written
        self.broken = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def add(self, name, sink):
        self.sinks[name] = sink, hashlib.sha256()

    def run(self):
        while not self.over.wait(BEAT):
            for name, (sink, written) in list(self.sinks.items()):
                block = os.urandom(BLOCK)
                try:
                    sink.write(block)
                    written.update(block)
                except OSError as error:
                    self.broken.append((name, error))
                    del self.sinks[name]

    def end(self):
        """The hash for each name."""
        self.over.set()
        self.thread.join()
        for sink, _ in self.sinks.values():
            sink.close()
        return {name: written.hexdigest() for name, (_, written) in self.sinks.items()}


def listens(server, port):
    shown = subprocess.run(["ss", "-Hltnp", "sport = :%d" % port], stdout=subprocess.PIPE, text=True, check=True).stdout
    return "pid=%d," % server.pid in shown


def hash_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class HalfClose(harness.Case):
    def setUp(self):
        super().setUp()
        self.feed = Feed()
        self.addCleanup(self.feed.end)
        self.servers = []  # they do not end by themselves

    def log(self, name):
        return self.place / ("events-" + name)

    def watched(self, name, *command, **options):
        """Starts a program under the library, with a log of that name; its errors are beside."""
        with open(self.place / ("errors-" + name), "w") as errors:
            return self.start(*command, env=harness.environment(POLICY % self.log(name)), bufsize=0,
                              **{"stdin": subprocess.DEVNULL, "stderr": errors, **options})

    def errors(self, name):
        return (self.place / ("errors-" + name)).read_text()

    def client(self, name, port):
        """A client that shuts its side down at once, and writes what comes to a file."""
        with open(self.place / name, "wb") as output:
            return self.watched(name, "nc", "-N", "127.0.0.1", port, stdout=output)

    def daemon(self, name, configuration, *command):
        """A server that has to find its port free, so it is offered several. Its port."""
        path = self.place / (name + ".conf")
        user = "uid = 0\ngid = 0" if os.geteuid() == 0 else ""  # nobody else may look into our place
        for port in random.sample(range(20000, 30000), 5):
            path.write_text(configuration % {"port": port, "place": self.place, "user": user})
            server = self.watched(name, *command, path)
            harness.wait_for(name, lambda: server.poll() is not None or listens(server, port))
            if server.poll() is None:
                self.servers.append(server)
                return port
        self.fail("%s found no free port: %s" % (name, self.errors(name)))

    def quiet_and_talking(self, name, port):
        """Two clients of a server, of which the first to come is the quiet one: its address, and both."""
        quiet = self.client(name + "-quiet", port)
        there = harness.wait_for("its half-close", lambda: endings.all_in(HALF_CLOSED, 1, port))
        return *there, quiet, self.client(name, port)

    # What is run

    def start_server(self):
        server = self.watched("python-server", harness.PYTHON, "-c", SERVER, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
        port = int(server.stdout.readline())
        self.feed.add("python", server.stdin)
        return port, server, *self.quiet_and_talking("python", port)

    def start_rsync(self):
        """There, and back again."""
        port = self.daemon("rsyncd", RSYNCD, "rsync", "--daemon", "--no-detach", "--config")
        (self.place / "original").write_bytes(os.urandom(SECONDS * RATE * 1024))
        url = "rsync://127.0.0.1:%d/files/" % port
        routes = {"push": (self.place / "original", url + "push"), "pull": (url + "original", self.place / "pull")}
        return [self.watched("rsync-" + name, "rsync", "--bwlimit=%d" % RATE, *route)
                for name, route in routes.items()]

    def start_sshd(self):
        """What to tell ssh to get there."""
        if os.geteuid() == 0 and not PRIVILEGE_SEPARATION.is_dir():
            PRIVILEGE_SEPARATION.mkdir(0o755)
            self.addCleanup(PRIVILEGE_SEPARATION.rmdir)
        for key in "host", "key":
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.place / key)], check=True)
        port = self.daemon("sshd", SSHD, "/usr/sbin/sshd", "-D", "-e", "-f")
        (self.place / "known").write_text("[127.0.0.1]:%d %s" % (port, (self.place / "host.pub").read_text()))
        options = ["BatchMode=yes", "IdentitiesOnly=yes", "UserKnownHostsFile=%s" % (self.place / "known")]
        return ["-F", "none", "-i", self.place / "key", "-p", port, *("-o" + option for option in options),
                "%s@127.0.0.1" % pwd.getpwuid(os.getuid()).pw_name]

    def start_ssh(self, there):
        """Its input is at its end from the start."""
        fifo = self.place / "fifo"
        os.mkfifo(fifo)
        with open(self.place / "ssh", "wb") as output:
            client = self.watched("ssh", "ssh", *there, "cat '%s'; exit 7" % fifo, stdout=output)
        self.feed.add("ssh", harness.wait_for("cat", lambda: self.open_for(fifo, client)))
        return client

    def open_for(self, fifo, client):
        """The end to write to, once somebody reads."""
        self.assertIsNone(client.poll(), self.errors("ssh"))
        try:
            return open(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK), "wb", buffering=0)
        except OSError as error:
            self.assertEqual(error.errno, errno.ENXIO)
            return None

    def start_forwarding(self, there):
        """sshd takes connections, and ssh makes others, for two clients and a server that are far from each other."""
        server = self.start(harness.PYTHON, "-c", SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                            env=harness.environment(preload=False))
        target = int(server.stdout.readline())
        self.servers.append(self.watched("forwarding", "ssh", "-N", "-R", "0:127.0.0.1:%d" % target, *there))
        port = int(harness.wait_for("the forwarded port", lambda: (
            re.search(r"Allocated port (\d+) ", self.errors("forwarding"))))[1])
        self.feed.add("forwarded", server.stdin)
        return port, target, server, *self.quiet_and_talking("forwarded", port)

    # What has come of it

    def check_events(self, name, quiet=None):
        """The quiet connection was ended, as a sign that others could have been; nothing else was."""
        events = harness.read_events(self.log(name))
        told = [(event["event"], event["peer"]) for event in events if event["event"] not in ("summary", "healed")]
        self.assertEqual(told, [("leak", quiet), ("action", quiet)] if quiet else [], name)
        self.assertTrue([event for event in events if event["event"] == "summary" and event["sockets"]], (name, events))

    def end_servers(self):
        """The latest first; those that have a process for each connection, when these are over."""
        for server in reversed(self.servers):
            children = pathlib.Path("/proc/%d/task/%d/children" % (server.pid, server.pid))
            harness.wait_for("the end of all connections", lambda: not children.read_text())
            self.end(server)

    def test_transfers_of_a_minute(self):
        server_port, server, server_quiet, *server_clients = self.start_server()
        there = self.start_sshd()
        ssh = self.start_ssh(there)
        forwarded_port, target, forwarded_server, forwarded_quiet, *forwarded_clients = self.start_forwarding(there)
        rsync = self.start_rsync()
        time.sleep(SECONDS - 5)
        half_closed = {port: list(endings.connections(port).values()).count(HALF_CLOSED)
                       for port in (server_port, forwarded_port, target)}
        self.assertEqual(half_closed, {server_port: 1, forwarded_port: 1, target: 2})
        self.assertEqual([process.poll() for process in rsync], [None] * 2)
        time.sleep(5)
        written = self.feed.end()
        self.assertEqual(self.feed.broken, [])
        finished = [(ssh, 7)] + [(process, 0) for process in (
            server, *server_clients, forwarded_server, *forwarded_clients, *rsync)]
        for process, status in finished:
            self.assertEqual(process.wait(harness.PATIENCE), status, process.args)
        self.assertEqual({name: hash_of(self.place / name) for name in written}, written)
        self.assertEqual({hash_of(self.place / name) for name in ("push", "pull")}, {hash_of(self.place / "original")})
        self.end_servers()
        self.check_events("python-server", quiet=server_quiet)
        self.check_events("sshd", quiet=forwarded_quiet)
        for name in ("python", "python-quiet", "forwarded", "forwarded-quiet", "forwarding", "ssh",
                     "rsyncd", "rsync-push", "rsync-pull"):
            self.check_events(name)


if __name__ == "__main__":
    unittest.main()
