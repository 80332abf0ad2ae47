"""Two network namespaces with a wire between them, for tests in which a peer vanishes; puppets that act in them; and
sockets of other processes, seen without their library.

The namespaces have no names: they are gone with the last process or descriptor that holds them.
"""
import ast
import contextlib
import ctypes
import fcntl
import os
import pathlib
import select
import socket
import struct
import subprocess

import harness
from harness import BUILD, PROGRAMS, PYTHON, Case, environment, read_events

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PIDFD_GETFD = 438  # on every architecture
NEAR, FAR, NEAR6, FAR6 = "10.9.0.1", "10.9.0.2", "fd00::1", "fd00::2"
SIOCGIFHWADDR = 0x8927

LIBC = ctypes.CDLL(None, use_errno=True)


def call(function, *arguments):
    """Of the C library; an error is raised."""
    result = getattr(LIBC, function)(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def become_root():
    """In a user namespace, where we are not: its root may make networks, and come back to one of its own."""
    if os.geteuid() == 0:
        return
    user, group = os.geteuid(), os.getegid()
    call("unshare", CLONE_NEWUSER | CLONE_NEWNET)
    pathlib.Path("/proc/self/setgroups").write_text("deny")
    pathlib.Path("/proc/self/uid_map").write_text("0 %d 1" % user)
    pathlib.Path("/proc/self/gid_map").write_text("0 %d 1" % group)


def borrow(pid, number):
    """A socket of another process, as a socket object of ours."""
    process = os.pidfd_open(pid)
    try:
        return socket.socket(fileno=call("syscall", PIDFD_GETFD, process, number, 0))
    finally:
        os.close(process)


def keepalive(connection):
    """SO_KEEPALIVE, and idle, interval and count."""
    timers = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
    return (connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
            *(connection.getsockopt(socket.IPPROTO_TCP, name) for name in timers))


def linger(connection):
    return struct.unpack("ii", connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8))


def timeout(connection, name):
    """Seconds."""
    seconds, rest = struct.unpack("@ll", connection.getsockopt(socket.SOL_SOCKET, name, struct.calcsize("@ll")))
    return seconds + rest / 1e6


class Puppet:
    """A Python program that does what it is told (puppet.py)."""

    def __init__(self, process, log):
        self.process, self.log, self.pid = process, log, process.pid

    def tell(self, code):
        """Without waiting for the answer."""
        self.process.stdin.write(repr(code) + "\n")
        self.process.stdin.flush()

    def answer(self):
        if not select.select([self.process.stdout], [], [], harness.PATIENCE)[0]:
            raise AssertionError("waited %d s in vain for the puppet" % harness.PATIENCE)
        sign, _, value = self.process.stdout.readline().rstrip("\n").partition(" ")
        if sign == "!":
            raise OSError(int(value), os.strerror(int(value)))
        if sign != "=":
            raise AssertionError("the puppet has ended: %r" % sign)
        return ast.literal_eval(value)

    def do(self, code):
        self.tell(code)
        return self.answer()

    @contextlib.contextmanager
    def borrow(self, name):
        with borrow(self.pid, self.do("%s.fileno()" % name)) as connection:
            yield connection

    def events(self, kind=None):
        return [event for event in read_events(self.log) if kind in (None, event["event"])]


class NetworkCase(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        become_root()

    def setUp(self):
        super().setUp()
        self.home = self.kept_number(os.open("/proc/self/ns/net", os.O_RDONLY))
        self.near, self.far = self.network(), self.network()
        self.ip(self.near, "link add wire type veth peer name wire netns /proc/self/fd/%d" % self.far)
        for network, addresses in ((self.near, (NEAR, NEAR6)), (self.far, (FAR, FAR6))):
            self.ip(network, "link set lo up", "link set wire up", "addr add %s/24 dev wire" % addresses[0],
                    "addr add %s/64 dev wire nodad" % addresses[1])
        self.introduce()

    def introduce(self):
        """Neighbours for good, so that nothing but TCP can notice when one is gone."""
        for network, other, addresses in ((self.near, self.far, (FAR, FAR6)), (self.far, self.near, (NEAR, NEAR6))):
            with self.inside(other), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anything:
                hardware = fcntl.ioctl(anything, SIOCGIFHWADDR, struct.pack("256s", b"wire"))[18:24].hex(":")
            self.ip(network, *("neigh replace %s lladdr %s dev wire nud permanent" % (address, hardware)
                               for address in addresses))
        for network in self.near, self.far:
            for address in NEAR6, FAR6:
                harness.wait_for("a route", lambda: self.has_route(network, address))

    def has_route(self, network, address):
        """IPv6 has them when it hears of the wire, which may take a while (net/core/link_watch.c)."""
        with self.inside(network), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as anything:
            try:
                anything.connect((address, 9))
            except OSError:
                return False
            return True

    def kept_number(self, number):
        self.addCleanup(os.close, number)
        return number

    def network(self):
        call("unshare", CLONE_NEWNET)
        try:
            return self.kept_number(os.open("/proc/self/ns/net", os.O_RDONLY))
        finally:
            call("setns", self.home, CLONE_NEWNET)

    @contextlib.contextmanager
    def inside(self, network):
        """Sockets made here belong to that network, and stay there."""
        call("setns", network, CLONE_NEWNET)
        try:
            yield
        finally:
            call("setns", self.home, CLONE_NEWNET)

    def run_in(self, network, *command):
        with self.inside(network):
            return subprocess.run([str(word) for word in command], check=True, text=True, stdout=subprocess.PIPE,
                                  pass_fds=[self.near, self.far], env=environment(preload=False)).stdout

    def ip(self, network, *commands):
        for command in commands:
            self.run_in(network, "ip", *command.split())

    def ss(self, network, *words):
        return self.run_in(network, "ss", "-Htn", *words).splitlines()

    def cut_the_wire(self):
        self.ip(self.far, "link set wire down")

    def mend_the_wire(self):
        self.ip(self.far, "link set wire up", "addr replace %s/64 dev wire nodad" % FAR6)
        self.introduce()

    def drop_packets(self):
        """They arrive where nobody has that address any more, and nobody answers."""
        self.ip(self.far, "addr del %s/24 dev wire" % FAR, "addr del %s/64 dev wire" % FAR6)

    def start_in(self, network, *command, **options):
        with self.inside(network):
            return self.start(*command, **options)

    def puppet(self, network, policy, wrap=(), **options):
        subprocess.run([BUILD / "waitclose", "check", "-o", policy], check=True, stdout=subprocess.DEVNULL)
        log = self.place / ("events-%d" % len(list(self.place.iterdir())))
        log.touch()
        policy = "format=json log=%s interval=20ms %s" % (log, policy)
        process = self.start_in(network, *wrap, PYTHON, "-B", PROGRAMS / "puppet.py", stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True, env=environment(policy), **options)
        self.addCleanup(self.let_go, process)
        return Puppet(process, log)

    @staticmethod
    def let_go(process):
        """Once there is nothing more to do it ends."""
        process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)

    def kept(self, thing):
        """Closed when the test is over."""
        self.addCleanup(thing.close)
        return thing

    def listener(self, network, address):
        """Of the test's own, on a free port of that network; and its address."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with self.inside(network):
            listener = self.kept(socket.create_server((address, 0), family=family))
        return listener, listener.getsockname()[:2]

    def connect(self, network, address):
        with self.inside(network):
            return self.kept(socket.create_connection(address))
