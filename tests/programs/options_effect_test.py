"""Socket options from the policy, by what they do: in networks of the test's own a peer vanishes, does not read, or
is reset. The far end is the test itself, without the library.
"""
import errno
import socket
import struct
import time
import unittest

from harness import wait_for
from networks import FAR, FAR6, NEAR, NEAR6, NetworkCase

# How much later than configured something may be noticed, on a machine that others use too.
LATE = 1.5

# Tells of each connection that ends when, and with which error, until so many have.
NOTICE = """
def notice(connections, count, seconds):
    poll, by_number, noticed = select.poll(), {c.fileno(): (name, c) for name, c in connections.items()}, {}
    for number in by_number:
        poll.register(number, select.POLLRDHUP)
    end = time.monotonic() + seconds
    while len(noticed) < count and time.monotonic() < end:
        for number, _ in poll.poll(100):
            name, connection = by_number[number]
            try:
                connection.setblocking(False)
                answer = connection.recv(100)
            except OSError as error:
                answer = error.errno
            noticed[name] = time.monotonic(), answer
            poll.unregister(number)
    return noticed
"""


class Vanished(NetworkCase):
    """A peer that is gone without a word, for clients and servers, over IPv4 and IPv6."""

    def four(self, policy):
        """A puppet with a connection of each kind, each heard of just now; the far ends."""
        puppet = self.puppet(self.near, policy)
        puppet.do(NOTICE)
        puppet.do("all = {}")
        far_ends = {}
        for kind, near, far in (("4", NEAR, FAR), ("6", NEAR6, FAR6)):
            listener, address = self.listener(self.far, far)
            puppet.do("all['out%s'] = socket.create_connection(%r)" % (kind, address))
            far_ends["out" + kind] = self.kept(listener.accept()[0])
            puppet.do("listener = socket.create_server((%r, 0), family=socket.%s)"
                      % (near, "AF_INET6" if kind == "6" else "AF_INET"))
            far_ends["in" + kind] = self.connect(self.far, tuple(puppet.do("listener.getsockname()")[:2]))
            puppet.do("all['in%s'] = listener.accept()[0]" % kind)
        return puppet, far_ends

    @staticmethod
    def hear(puppet, far_ends):
        """A word from each peer: from then on there is silence. When it was heard, by the puppet's clock."""
        for far_end in far_ends.values():
            far_end.sendall(b"x")
        return puppet.do("[c.recv(1) for c in all.values()] and time.monotonic()")

    def assert_noticed(self, noticed, silent, seconds, names, late):
        self.assertEqual(set(noticed), set(names))
        for name, (at, answer) in noticed.items():
            with self.subTest(name):
                self.assertEqual(answer, errno.ETIMEDOUT)
                self.assertGreater(at - silent, seconds - 0.1)
                self.assertLess(at - silent, seconds + late)

    def vanish(self, how, policy, seconds, names=("out4", "in4", "out6", "in6"), in_flight=False, late=LATE):
        puppet, far_ends = self.four(policy)
        silent = self.hear(puppet, far_ends)
        how()
        if in_flight:
            silent = puppet.do("time.monotonic() if [c.send(b'lost') for c in all.values()] else None")
        noticed = puppet.do("notice(all, %d, %f)" % (len(names), seconds + 5))
        self.assert_noticed(noticed, silent, seconds, names, late)
        return puppet

    def test_keepalive_with_the_wire_cut(self):
        """IDLE + INTERVAL x COUNT."""
        self.vanish(self.cut_the_wire, "keepalive=1/1/2", 3)

    def test_keepalive_with_packets_lost(self):
        """And what has no keepalive notices nothing."""
        puppet = self.vanish(self.drop_packets, "keepalive=1/1/2 [dir=in] keepalive=off", 3, ("out4", "out6"))
        self.assertEqual(puppet.do("[all[n].getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] for n in ('in4', 'in6')]"),
                         [1, 1])

    def test_user_timeout_with_data_in_flight(self):
        self.vanish(self.drop_packets, "user-timeout=1500ms", 1.5, in_flight=True)

    def test_user_timeout_with_data_in_flight_and_the_wire_cut(self):
        """The kernel sees that its own packets are dropped, and takes longer steps."""
        self.vanish(self.cut_the_wire, "[dir=in] user-timeout=1500ms", 1.5, ("in4", "in6"), in_flight=True, late=2 * LATE)

    def test_user_timeout_replaces_the_count_of_keepalive(self):
        """Nine probes would have taken ten seconds."""
        self.vanish(self.drop_packets, "keepalive=1/1/9 user-timeout=2s", 2)

    def test_what_the_program_does_not_notice_is_a_leak(self):
        puppet, far_ends = self.four("keepalive=1/1/1 grace=100ms [dir=in] keepalive=off")
        self.hear(puppet, far_ends)
        self.cut_the_wire()
        leaks = wait_for("leaks", lambda: len(leaks := puppet.events("leak")) == 2 and leaks)
        self.assertEqual({(leak["cause"], leak["state"], leak["dir"]) for leak in leaks}, {("reset-unread", "CLOSE", "out")})
        self.assertEqual(puppet.do("notice(all, 2, 1) and 0"), 0)


class Timeouts(NetworkCase):
    def setUp(self):
        super().setUp()
        self.listening, self.address = self.listener(self.far, FAR6)

    def pair(self, policy):
        """A puppet's connection, and the far end."""
        puppet = self.puppet(self.near, policy)
        puppet.do("c = socket.create_connection(%r)" % (self.address,))
        return puppet, self.kept(self.listening.accept()[0])

    def blocked_read(self, puppet, far_end):
        for _ in range(2):
            began = time.monotonic()
            with self.assertRaises(BlockingIOError):
                puppet.do("c.recv(1)")
            self.assertGreater(time.monotonic() - began, 0.29)
            self.assertLess(time.monotonic() - began, 0.3 + LATE)
        far_end.sendall(b"x")
        self.assertEqual(puppet.do("c.recv(1)"), b"x")

    def test_a_read_ends_with_eagain(self):
        """After its time, again and again; the connection lives."""
        self.blocked_read(*self.pair("recv-timeout=300ms"))

    def test_a_read_on_an_accepted_socket_and_not_accept(self):
        puppet = self.puppet(self.near, "recv-timeout=300ms")
        puppet.do("listener = socket.create_server((%r, 0))" % NEAR)
        address = tuple(puppet.do("listener.getsockname()"))
        puppet.tell("listener.accept()[0].detach()")
        time.sleep(0.6)
        far_end = self.connect(self.far, address)
        number = puppet.answer()
        puppet.do("c = socket.socket(fileno=%d)" % number)
        self.blocked_read(puppet, far_end)

    def test_a_write_ends_with_eagain(self):
        puppet, far_end = self.pair("send-timeout=300ms")
        puppet.do("sent = 0")
        with self.assertRaises(BlockingIOError):
            while True:
                began = time.monotonic()
                puppet.do("sent += c.send(bytes(1 << 20))")
        self.assertGreater(time.monotonic() - began, 0.29)
        self.assertLess(time.monotonic() - began, 0.3 + LATE)
        sent = puppet.do("sent")
        self.assertGreater(sent, 0)
        while sent:
            sent -= len(far_end.recv(min(sent, 1 << 20)))
        self.assertEqual(puppet.do("c.send(b'x')"), 1)


class Endings(NetworkCase):
    def setUp(self):
        super().setUp()
        self.listening, self.address = self.listener(self.far, FAR)

    def connected(self, policy):
        puppet = self.puppet(self.near, policy)
        puppet.do("c = socket.create_connection(%r)" % (self.address,))
        return puppet, self.kept(self.listening.accept()[0])

    def states(self):
        """What the near kernel still has of connections to us, with their timers."""
        return self.ss(self.near, "-ao", "dport", "=", ":%d" % self.address[1])

    def test_linger_0_resets(self):
        puppet, far_end = self.connected("linger=0")
        puppet.do("c.close()")
        with self.assertRaises(ConnectionResetError):
            far_end.recv(1)
        self.assertEqual(self.states(), [])

    def test_without_it_there_is_a_fin_and_time_wait(self):
        """Which lasts a minute whatever linger is."""
        for policy in ("", "linger=off", "linger=1"):
            with self.subTest(policy):
                puppet, far_end = self.connected(policy)
                port = puppet.do("c.getsockname()")[1]
                puppet.do("c.close()")
                self.assertEqual(far_end.recv(1), b"")
                far_end.close()
                line = wait_for("TIME_WAIT", lambda: next((line for line in self.states() if line.startswith("TIME-WAIT")
                                                           and ":%d " % port in line), None))
                self.assertRegex(line, r"timer:\(timewait,5\dsec,0\)|timer:\(timewait,1min,0\)")

    def close_with_data_in_flight(self, policy, blocking):
        """How long close() takes."""
        puppet, _ = self.connected(policy)
        self.drop_packets()
        before, after = puppet.do("[c.send(b'lost'), c.setblocking(%s), time.monotonic(), c.close(), time.monotonic()][2::2]"
                                  % blocking)
        return after - before

    def test_linger_makes_close_wait(self):
        seconds = self.close_with_data_in_flight("linger=1", True)
        self.assertGreater(seconds, 0.95)
        self.assertLess(seconds, 1 + LATE)

    def test_and_of_a_socket_that_does_not_block(self):
        self.assertGreater(self.close_with_data_in_flight("linger=1", False), 0.95)

    def test_without_it_close_does_not(self):
        self.assertLess(self.close_with_data_in_flight("linger=off", True), 0.5)

    def test_fin_timeout_shortens_fin_wait2(self):
        """Of one that is closed, not of one that is only shut down; CLOSE_WAIT stays."""
        short, _ = self.connected("fin-timeout=1")
        kept, _ = self.connected("fin-timeout=1")
        usual, _ = self.connected("")
        port = {name: puppet.do("c.getsockname()")[1] for name, puppet in
                (("short", short), ("kept", kept), ("usual", usual))}
        kept.do("c.shutdown(socket.SHUT_WR)")
        began = time.monotonic()
        short.do("c.close()")
        usual.do("c.close()")

        def found(name, state="FIN-WAIT-2"):
            return any(line.startswith(state) and ":%d " % port[name] in line for line in self.states())
        wait_for("FIN_WAIT2", lambda: all(found(name) for name in port))
        wait_for("the end of it", lambda: not found("short"))
        self.assertGreater(time.monotonic() - began, 0.9)
        self.assertLess(time.monotonic() - began, 1 + LATE)
        self.assertFalse(found("short", ""))  # and it does not become TIME_WAIT
        self.assertTrue(found("kept") and found("usual"))
        close_wait = self.ss(self.far, "state", "close-wait")
        self.assertEqual(len(close_wait), 3)

    def test_reuseaddr(self):
        """A server that is started again while its old connections are in TIME_WAIT."""
        for policy, error in (("", errno.EADDRINUSE), ("reuseaddr=on", None), ("reuseaddr!=off", errno.EADDRINUSE)):
            with self.subTest(policy):
                puppet = self.puppet(self.near, policy)
                puppet.do("s = socket.socket(); s.bind((%r, 0)); s.listen()" % NEAR)
                address = tuple(puppet.do("s.getsockname()"))
                client = self.connect(self.far, address)
                puppet.do("s.accept()[0].close()")
                self.assertEqual(client.recv(1), b"")
                client.close()
                wait_for("TIME_WAIT", lambda: self.ss(self.near, "state", "time-wait", "sport", "=", ":%d" % address[1]))
                more = "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1);" if "!=" in policy else ""
                again = "s.close(); s = socket.socket(); %s s.bind(%r)" % (more, address)
                try:
                    puppet.do(again)
                    failed = None
                except OSError as problem:
                    failed = problem.errno
                self.assertEqual(failed, error)

    def test_nodelay(self):
        """Two small writes: the second waits for the first one's acknowledgement, or does not."""
        for policy, in_flight in (("", 1), ("nodelay=on", 2)):
            with self.subTest(policy):
                puppet, _ = self.connected(policy)
                self.drop_packets()
                puppet.do("c.send(b'one'), c.send(b'two')")
                with puppet.borrow("c") as connection:
                    information = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
                unacked, = struct.unpack_from("I", information, 24)
                self.assertEqual(unacked, in_flight)
                self.ip(self.far, "addr add %s/24 dev wire" % FAR, "addr add %s/64 dev wire nodad" % FAR6)

    def test_backlog(self):
        """As the kernel has it."""
        for policy, size in (("", "5"), ("backlog=77", "77"), ("backlog=0", "0")):
            with self.subTest(policy):
                puppet = self.puppet(self.near, policy)
                puppet.do("s = socket.socket(); s.bind((%r, 0)); s.listen(5)" % NEAR)
                port = puppet.do("s.getsockname()")[1]
                self.assertEqual([line.split()[2] for line in self.ss(self.near, "-l", "sport", "=", ":%d" % port)], [size])


if __name__ == "__main__":
    unittest.main()
