"""Which sockets get the policy's options, in the kernel's own words: asked from outside the library (pidfd_getfd) and
of ss, for sockets made, accepted, inherited and received, of puppets and of real programs.
"""
import array
import errno
import socket
import unittest

from harness import PROGRAMS, PYTHON, wait_for
from networks import FAR, NEAR, NEAR6, NetworkCase, keepalive, linger, timeout

TCP_USER_TIMEOUT, TCP_LINGER2 = 18, 8
EVERYTHING = ("keepalive=77/7/3 user-timeout=9s linger=5 fin-timeout=11 reuseaddr=on nodelay=on recv-timeout=500s "
              "send-timeout=600s")


def everything(connection):
    """The options that EVERYTHING sets, as they are."""
    tcp = {"user-timeout": TCP_USER_TIMEOUT, "fin-timeout": TCP_LINGER2, "nodelay": socket.TCP_NODELAY}
    found = {key: connection.getsockopt(socket.IPPROTO_TCP, name) for key, name in tcp.items()}
    found.update({"keepalive": keepalive(connection), "linger": linger(connection),
                  "reuseaddr": connection.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR),
                  "recv-timeout": timeout(connection, socket.SO_RCVTIMEO),
                  "send-timeout": timeout(connection, socket.SO_SNDTIMEO)})
    return found


EXPECTED = {"keepalive": (1, 77, 7, 3), "user-timeout": 9000, "linger": (1, 5), "fin-timeout": 11, "reuseaddr": 1,
            "nodelay": 1, "recv-timeout": 500, "send-timeout": 600}


class Sockets(NetworkCase):
    def seen(self, puppet, name):
        with puppet.borrow(name) as connection:
            return everything(connection)

    def test_made_connected_and_accepted(self):
        """IPv4 and IPv6, whatever else stands in the type; a listener's reads alone have no timeout."""
        for family, host in (("AF_INET", NEAR), ("AF_INET6", NEAR6)):
            for more in ("0", "socket.SOCK_CLOEXEC", "socket.SOCK_NONBLOCK", "socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK"):
                with self.subTest(family=family, more=more):
                    puppet = self.puppet(self.near, EVERYTHING)
                    # Python adds SOCK_CLOEXEC of its own accord; libc's own call does not.
                    puppet.do("import ctypes; libc = ctypes.CDLL(None); made = lambda: "
                              "socket.socket(fileno=libc.socket(socket.%s, socket.SOCK_STREAM | %s, 0))" % (family, more))
                    puppet.do("s, c = made(), made(); s.bind((%r, 0)); s.listen(); c.setblocking(True); "
                              "c.connect(s.getsockname()); s.setblocking(True); a = s.accept()[0]" % host)
                    self.assertEqual(self.seen(puppet, "c"), EXPECTED)
                    self.assertEqual(self.seen(puppet, "a"), EXPECTED)
                    self.assertEqual(self.seen(puppet, "s"), dict(EXPECTED, **{"recv-timeout": 0}))

    def test_a_section_for_each_way(self):
        puppet = self.puppet(self.near, "[dir=in] keepalive=11/1/1 [peer=127.0.0.0/8 dir=out] keepalive=22/2/2 "
                                        "[peer=10.0.0.0/8 dir=out] keepalive=33/3/3")
        listener, address = self.listener(self.far, FAR)
        puppet.do("s = socket.create_server(('127.0.0.1', 0)); c = socket.create_connection(s.getsockname()); "
                  "a = s.accept()[0]; o = socket.create_connection(%r); n = socket.socket()" % (address,))
        seen = {}
        for name in "acon":
            with puppet.borrow(name) as connection:
                seen[name] = keepalive(connection)
        self.assertEqual(seen, {"a": (1, 11, 1, 1), "c": (1, 22, 2, 2), "o": (1, 33, 3, 3), "n": (0, 7200, 75, 9)})
        listener.close()

    def test_inherited_at_exec(self):
        """As a server gets its listener from an init that knows nothing of the library; and a connection of its own."""
        for host, family in ((NEAR, socket.AF_INET), (NEAR6, socket.AF_INET6)):
            with self.subTest(host), self.inside(self.near):
                listener = self.kept(socket.create_server((host, 0), family=family))
                theirs = self.connect(self.near, listener.getsockname()[:2])
                ours = self.kept(listener.accept()[0])
                self.assertNotEqual(everything(ours), EXPECTED)
                puppet = self.puppet(self.near, EVERYTHING, pass_fds=[listener.fileno(), ours.fileno()])
                puppet.do("s = socket.socket(fileno=%d)" % listener.fileno())
                wait_for("options on the connection", lambda: everything(ours) == EXPECTED)
                wait_for("options on the listener", lambda: everything(listener) == dict(EXPECTED, **{"recv-timeout": 0}))
                self.connect(self.near, listener.getsockname()[:2])
                puppet.do("a = s.accept()[0]")
                self.assertEqual(self.seen(puppet, "a"), EXPECTED)
                self.assertEqual(everything(theirs)["keepalive"], (0, 7200, 75, 9))

    def test_received(self):
        """By SCM_RIGHTS, which no hook sees; what is not TCP gets nothing."""
        ours, theirs = socket.socketpair()
        with ours, theirs, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            listener, address = self.listener(self.near, NEAR6)
            connection = self.connect(self.near, address)
            puppet = self.puppet(self.near, EVERYTHING, pass_fds=[theirs.fileno()])
            puppet.do("u = socket.socket(fileno=%d); mine = socket.socket()" % theirs.fileno())  # TCP, so the watcher runs
            rights = array.array("i", [datagrams.fileno(), connection.fileno(), listener.fileno()])
            ours.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            self.assertEqual(len(puppet.do("socket.recv_fds(u, 1, 3)[1]")), 3)
            wait_for("options on the connection", lambda: everything(connection) == EXPECTED)
            wait_for("options on the listener", lambda: everything(listener) == dict(EXPECTED, **{"recv-timeout": 0}))
            self.assertEqual((datagrams.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), linger(datagrams)[0],
                              timeout(datagrams, socket.SO_SNDTIMEO)), (0, 0, 0))

    def test_what_is_not_tcp(self):
        """Made or inherited: nothing is set, while TCP sockets beside them have it."""
        kinds = {"udp": "AF_INET, socket.SOCK_DGRAM", "udp6": "AF_INET6, socket.SOCK_DGRAM",
                 "raw": "AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP", "rawtcp": "AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP",
                 "raw6": "AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6", "stream": "AF_UNIX, socket.SOCK_STREAM",
                 "dgram": "AF_UNIX, socket.SOCK_DGRAM", "seqpacket": "AF_UNIX, socket.SOCK_SEQPACKET"}

        def untouched(connection):
            return [connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), linger(connection)[0],
                    connection.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR),
                    timeout(connection, socket.SO_RCVTIMEO), timeout(connection, socket.SO_SNDTIMEO)]
        with self.inside(self.near):
            inherited = {name: self.kept(eval("socket.socket(socket.%s)" % kind)) for name, kind in kinds.items()}
            tcp = self.kept(socket.socket())
        ours, theirs = socket.socketpair()
        with ours, theirs:
            plain = {name: untouched(connection) for name, connection in inherited.items()}  # raw ones have SO_REUSEADDR
            self.assertEqual({values[0] for values in plain.values()}, {0})
            passed = [connection.fileno() for connection in (*inherited.values(), tcp, theirs)]
            puppet = self.puppet(self.near, EVERYTHING, pass_fds=passed)
            puppet.do("made = {n: eval('socket.socket(socket.%%s)' %% k) for n, k in %r.items()}; t = socket.socket()" % kinds)
            self.assertEqual(self.seen(puppet, "t"), EXPECTED)
            for name in kinds:
                with puppet.borrow("made[%r]" % name) as connection:
                    self.assertEqual(untouched(connection), plain[name], name)
            wait_for("options on the inherited one", lambda: everything(tcp) == EXPECTED)
            for name, connection in inherited.items():
                self.assertEqual(untouched(connection), plain[name], name)
            self.assertEqual(untouched(theirs), [0] * 5)


class Values(NetworkCase):
    def test_the_articles_sets(self):
        """1800/3/2 and 160/30/2: getsockopt from outside, and the kernel's timer."""
        for text, values, timer in (("1800/3/2", (1, 1800, 3, 2), r"timer:\(keepalive,(29|30)min"),
                                    ("160/30/2", (1, 160, 30, 2), r"timer:\(keepalive,2min(39|40)sec")):
            with self.subTest(text):
                puppet = self.puppet(self.near, "keepalive=" + text)
                puppet.do("s = socket.create_server((%r, 0)); c = socket.create_connection(s.getsockname()); a = s.accept()[0]"
                          % NEAR)
                for name in "ca":
                    with puppet.borrow(name) as connection:
                        self.assertEqual(keepalive(connection), values)
                lines = self.ss(self.near, "-o", "state", "established")
                self.assertEqual(len(lines), 2)
                for line in lines:
                    self.assertRegex(line, timer)
                puppet.do("s.close(), c.close(), a.close()")

    def test_the_program_has_its_way(self):
        puppet = self.puppet(self.near, EVERYTHING)
        puppet.do("c = socket.socket(); c.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 44); "
                  "c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 0, 0)); "
                  "c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)")
        with puppet.borrow("c") as connection:
            # Where it is off the kernel keeps the old time.
            self.assertEqual(everything(connection), dict(EXPECTED, keepalive=(1, 44, 7, 3), linger=(0, 5), nodelay=0))

    def test_enforced(self):
        """The call succeeds, getsockopt tells the truth, and so does the kernel; one key of many."""
        calls = {"keepalive": ["SOL_SOCKET, socket.SO_KEEPALIVE, 0", "IPPROTO_TCP, socket.TCP_KEEPIDLE, 44",
                               "IPPROTO_TCP, socket.TCP_KEEPINTVL, 44", "IPPROTO_TCP, socket.TCP_KEEPCNT, 44"],
                 "user-timeout": ["IPPROTO_TCP, 18, 44"], "linger": ["SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 0, 0)"],
                 "fin-timeout": ["IPPROTO_TCP, 8, 44"], "reuseaddr": ["SOL_SOCKET, socket.SO_REUSEADDR, 0"],
                 "nodelay": ["IPPROTO_TCP, socket.TCP_NODELAY, 0"],
                 "recv-timeout": ["SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack('@ll', 44, 0)"],
                 "send-timeout": ["SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack('@ll', 44, 0)"]}
        reads = {"keepalive": ["SOL_SOCKET, socket.SO_KEEPALIVE", "IPPROTO_TCP, socket.TCP_KEEPIDLE"],
                 "user-timeout": ["IPPROTO_TCP, 18"], "fin-timeout": ["IPPROTO_TCP, 8"],
                 "reuseaddr": ["SOL_SOCKET, socket.SO_REUSEADDR"], "nodelay": ["IPPROTO_TCP, socket.TCP_NODELAY"]}
        answers = {"keepalive": [1, 77], "user-timeout": [9000], "fin-timeout": [11], "reuseaddr": [1], "nodelay": [1]}
        for key in calls:
            with self.subTest(key):
                puppet = self.puppet(self.near, EVERYTHING.replace(key + "=", key + "!="))
                puppet.do("c = socket.socket()")
                for other, options in calls.items():
                    for words in options:
                        self.assertIsNone(puppet.do("c.setsockopt(socket.%s)" % words))
                with puppet.borrow("c") as connection:
                    seen = everything(connection)
                self.assertEqual([name for name in EXPECTED if seen[name] == EXPECTED[name]], [key])
                self.assertEqual([puppet.do("c.getsockopt(socket.%s)" % words) for words in reads.get(key, [])],
                                 answers.get(key, []))

    def test_refused(self):
        """By a seccomp filter, since all that the parser takes the kernel takes too: told once, and nobody else minds."""
        puppet = self.puppet(self.near, "user-timeout=9s keepalive=77/7/3 summary=off",
                             wrap=[PYTHON, "-B", PROGRAMS / "refuse_option.py", str(socket.IPPROTO_TCP), str(socket.TCP_KEEPIDLE),
                                   str(errno.EPERM)])
        puppet.do("s = socket.create_server((%r, 0))" % NEAR)
        for _ in range(3):
            puppet.do("c = socket.create_connection(s.getsockname()); a = s.accept()[0]")
        actions = wait_for("its event", lambda: puppet.events("action"))
        puppet.do("c = socket.create_connection(s.getsockname()); a = s.accept()[0]; time.sleep(0.2)")
        with puppet.borrow("c") as connection:
            self.assertEqual(keepalive(connection), (1, 7200, 7, 3))
            self.assertEqual(connection.getsockopt(socket.IPPROTO_TCP, TCP_USER_TIMEOUT), 9000)
        self.assertEqual(len(puppet.events()), 1, puppet.events())
        self.assertEqual((actions[0]["action"], actions[0]["result"]), ("keepalive", "EPERM"))


if __name__ == "__main__":
    unittest.main()
