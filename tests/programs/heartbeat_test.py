"""heartbeat= and idle= against real servers: a Redis, which counts what it is told, and an SMTP server; and against
one that was killed behind a cut wire, so that no FIN came.
"""
import re
import socket
import subprocess
import time
import unittest

from harness import PYTHON, environment, wait_for
from networks import FAR, NEAR, NetworkCase

BEAT = r'[dir=out port=6379] heartbeat="200ms:PING\r\n"'


class HeartbeatCase(NetworkCase):
    def server(self, address, *command):
        """In the far network; started when it takes connections."""
        process = self.start_in(self.far, *command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                env=environment(preload=False))

        def connected():
            self.assertIsNone(process.poll())
            try:
                return self.connect(self.far, address)
            except ConnectionRefusedError:
                return None
        return process, wait_for("the server", connected)

    def redis(self, *more):
        process, self.ours = self.server((FAR, 6379), "redis-server", "--bind", FAR, "--port", "6379", "--save", "", "--dir",
                                         self.place, "--protected-mode", "no", *more)
        return process

    def ask(self, words):
        """Redis, on a connection of the test's own."""
        self.ours.sendall(words.encode() + b"\r\n")
        stream = self.ours.makefile("rb")
        size = int(stream.readline()[1:])
        return stream.read(size + 2).decode()

    def pings(self):
        found = re.search(r"cmdstat_ping:calls=(\d+)", self.ask("INFO commandstats"))
        return int(found[1]) if found else 0

    def addresses(self):
        """Of its clients."""
        return re.findall(r" addr=(\S+) ", self.ask("CLIENT LIST"))

    def puppet(self, network, policy, **options):
        """With few processes beside it: a beat waits until /proc is read, and that is not done all the time."""
        return super().puppet(network, policy, wrap=["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"], **options)

    def client(self, policy):
        puppet = self.puppet(self.near, policy)
        puppet.do("c = socket.create_connection((%r, 6379))" % FAR)
        return puppet

    def read_what_came(self, puppet):
        """On a busy machine a beat may have been answered already, and behind an unread answer there is no other."""
        puppet.do("c.setblocking(False)\ntry: c.recv(100)\nexcept BlockingIOError: pass\nc.setblocking(True)")


class Beats(HeartbeatCase):
    def test_a_quiet_client(self):
        """Of what it does not read there is one answer, and no second beat behind it."""
        self.redis()
        puppet = self.client(BEAT)
        wait_for("a PING", lambda: self.pings() == 1)
        time.sleep(0.7)
        self.assertEqual(self.pings(), 1)
        self.assertEqual(puppet.do("c.recv(100)"), b"+PONG\r\n")
        wait_for("a second one", lambda: self.pings() == 2)
        self.assertEqual(puppet.events(), [])

    def test_a_busy_client(self):
        """Of two, so that it is known that there are beats."""
        self.redis()
        puppet = self.client(BEAT.replace("200ms", "500ms"))
        puppet.do("q = socket.create_connection((%r, 6379))" % FAR)
        puppet.do("for _ in range(16):\n c.sendall(b'ECHO x\\r\\n'); assert c.recv(100) == b'$1\\r\\nx\\r\\n'; time.sleep(0.05)")
        self.assertEqual(self.pings(), 1)
        puppet.do("c.setblocking(False); q.setblocking(False)")
        self.assertEqual(puppet.do("q.recv(100)"), b"+PONG\r\n")
        self.assertEqual(puppet.do("select.select([c], [], [], 0)[0]"), [])

    def test_another_port(self):
        """Beats there, and none here; nor for the other direction."""
        self.redis()
        listener, address = self.listener(self.far, FAR)
        puppet = self.client(r'[dir=out port=%d] heartbeat="100ms:NOOP\r\n" [dir=in port=6379] heartbeat="100ms:PING\r\n"'
                             % address[1])
        puppet.do("o = socket.create_connection(%r)" % (address,))
        stream = self.kept(self.kept(listener.accept()[0]).makefile("rb"))
        self.assertEqual([stream.readline() for _ in range(4)], 4 * [b"NOOP\r\n"])
        self.assertEqual(puppet.do("select.select([c], [], [], 0)[0]"), [])
        self.assertEqual(self.pings(), 0)

    def test_a_server_that_closes_quiet_clients(self):
        """It keeps one that reads and ignores what comes."""
        self.redis("--timeout", "1")
        plain, beating = self.client(""), self.client(BEAT)
        began = time.monotonic()
        beating.do("end = time.monotonic() + 4")
        beating.tell("[c.recv(100) for _ in iter(lambda: time.monotonic() < end, False)]")
        self.assertEqual(plain.do("c.recv(100)"), b"")
        self.assertLess(time.monotonic() - began, 3.9)
        answers = beating.answer()
        self.assertEqual(set(answers), {b"+PONG\r\n"})
        self.assertGreater(len(answers), 8)

    def test_smtp(self):
        """NOOP, once the greeting has been read."""
        self.server((FAR, 2525), PYTHON, "-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink", "-l", "%s:2525" % FAR)
        puppet = self.puppet(self.near, r'[dir=out port=2525] heartbeat="200ms:NOOP\r\n"')
        puppet.do("c = socket.create_connection((%r, 2525)); time.sleep(0.7)" % FAR)
        greeting = puppet.do("c.recv(1000)")
        self.assertTrue(greeting.startswith(b"220 ") and greeting.count(b"\n") == 1, greeting)
        for _ in range(3):
            self.assertEqual(puppet.do("c.recv(1000)"), b"250 OK\r\n")
        puppet.do("c.sendall(b'QUIT\\r\\n')")
        self.assertTrue(puppet.do("c.recv(1000)").startswith(b"221 "))


class Dead(HeartbeatCase):
    """A server that is killed where nobody hears of it."""

    def kill_unheard(self):
        with self.inside(self.far):
            subprocess.run(["sh", "-c", "echo 1 >/proc/sys/net/ipv4/tcp_orphan_retries"], check=True)
        process = self.redis()
        self.ours.close()
        beating = self.client("grace=100ms action=close " + BEAT.replace("200ms", "500ms"))
        plain = self.client("grace=100ms")
        self.cut_the_wire()
        self.read_what_came(beating)
        process.kill()
        process.wait()
        wait_for("its kernel to forget them", lambda: not self.ss(self.far, "state", "connected", "dst", NEAR))
        return beating, plain

    def test_the_rst_in_answer_makes_it_a_leak(self):
        beating, plain = self.kill_unheard()
        self.assertEqual(beating.events(), [])
        self.mend_the_wire()
        action, = wait_for("its end", lambda: beating.events("action"))
        leak, = beating.events("leak")
        self.assertEqual((leak["cause"], leak["state"], leak["dir"], leak["peer"]),
                         ("reset-unread", "CLOSE", "out", "%s:6379" % FAR))
        self.assertEqual((action["action"], action["result"]), ("close", "ok"))
        self.assertEqual(plain.events(), [])  # nothing was said, nothing is known
        self.assertEqual(plain.do("c.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]"), 1)

    def test_without_an_answer_the_user_timeout_does(self):
        self.redis()
        beating = self.client("grace=100ms user-timeout=1s " + BEAT)
        plain = self.client("grace=100ms user-timeout=1s")
        self.cut_the_wire()
        self.read_what_came(beating)
        began = time.monotonic()
        leak, = wait_for("a leak", lambda: beating.events("leak"))
        self.assertGreater(time.monotonic() - began, 0.9)
        self.assertLess(time.monotonic() - began, 3)
        self.assertEqual((leak["cause"], leak["state"]), ("reset-unread", "CLOSE"))
        self.assertEqual(plain.events(), [])
        with self.assertRaises(TimeoutError):
            beating.do("c.recv(1)")


class Idle(HeartbeatCase):
    def two(self, policy):
        """One that is quiet, and one that is not; their own addresses."""
        self.redis()
        puppet = self.client("idle=500ms " + policy)
        puppet.do("b = socket.create_connection((%r, 6379))" % FAR)
        quiet, busy = ["%s:%d" % tuple(puppet.do("%s.getsockname()" % name)) for name in "cb"]
        self.assertLessEqual({quiet, busy}, set(self.addresses()))
        puppet.do("for _ in range(11):\n b.sendall(b'ECHO x\\r\\n'); assert b.recv(100) == b'$1\\r\\nx\\r\\n'; time.sleep(0.1)")
        return puppet, quiet, busy

    def test_reported(self):
        puppet, quiet, busy = self.two("")
        self.assertEqual([(leak["cause"], leak["state"], leak["local"]) for leak in puppet.events("leak")],
                         [("idle", "ESTABLISHED", quiet)])
        self.assertLessEqual({quiet, busy}, set(self.addresses()))

    def test_closed(self):
        """As the server has it too."""
        puppet, quiet, busy = self.two("action=close")
        self.assertEqual([(event["event"], event["local"]) for event in puppet.events()],
                         [("leak", quiet), ("action", quiet)])
        addresses = self.addresses()
        self.assertNotIn(quiet, addresses)
        self.assertIn(busy, addresses)
        self.assertEqual(puppet.do("c.recv(1)"), b"")


if __name__ == "__main__":
    unittest.main()
