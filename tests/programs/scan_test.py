"""`waitclose scan`: what it finds of sockets that this test, its children and real programs hold, and what it says of them."""
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

from harness import BUILD, LIBRARY, PYTHON, environment, wait_for
from scan_case import AT_ONCE, COMMAND, TLS_1_3_CLOSE_NOTIFY, ScanCase, reset, run, text_of

DENY = BUILD / "tests/shim/deny"
NOBODY = 65534

# A program that holds a connection whose peer has closed it, until its standard input ends.
HOLDER = """
    #include <arpa/inet.h>
    #include <stdlib.h>
    #include <unistd.h>
    int main(int count, char **arguments)
    {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[count - 1]))};
        char byte;
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&to, sizeof to) != 0)
            return 1;
        return read(0, &byte, 1) < 0;
    }
"""


class Sockets(ScanCase):
    def test_close_wait(self):
        ours = self.half_closed()
        found = self.own(ours)
        expected = {"fds": [ours.fileno()], "leak": False, "cause": "eof-unread", "state": "CLOSE_WAIT", "dir": "out",
                    "local": text_of(ours.getsockname()), "peer": text_of(self.address), "recv_q": 0, "send_q": 0,
                    "rx": 0, "tx": 0}
        self.assertEqual({key: found[key] for key in expected}, expected)
        self.assertLess(found["fin_s"], 20)
        wait_for("it to leak", lambda: self.own(ours, "-o", AT_ONCE)["leak"])

    def test_what_is_no_leak_at_all(self):
        """Alive; never connected; refused; only bound; a datagram's; one that we have closed ourselves."""
        self.pair()
        self.kept(socket.socket())
        bound = self.kept(socket.socket())
        bound.bind(("127.0.0.1", 0))
        refused = self.kept(socket.socket())
        self.assertNotEqual(refused.connect_ex(bound.getsockname()), 0)
        self.kept(socket.socket(type=socket.SOCK_DGRAM))
        finished, their_end = self.pair()
        finished.shutdown(socket.SHUT_WR)
        self.wait_until(their_end, 8)
        process = self.process(os.getpid(), "-o", AT_ONCE)
        held = [fd for found in process["sockets"] for fd in found["fds"]]
        self.assertEqual(held, [their_end.fileno()])

    def test_causes(self):
        """What was read of it is told from outside: nothing, the end, not the data."""
        unread, ignored, data = self.half_closed(), self.half_closed(), self.half_closed(b"hello")
        self.assertEqual(ignored.recv(1), b"")
        self.assertEqual(self.own(unread)["cause"], "eof-unread")
        self.assertEqual(self.own(ignored)["cause"], "eof-ignored")
        found = self.own(data)
        self.assertEqual((found["cause"], found["recv_q"], found["rx"]), ("data-unread", 5, 5))

    def test_patience_for_unread_data(self):
        ended, data = self.half_closed(), self.half_closed(b"hello")
        wait_for("a leak", lambda: self.own(ended, "-o", "grace=100ms")["leak"])
        self.assertFalse(self.own(data, "-o", "grace=100ms")["leak"])
        wait_for("a leak", lambda: self.own(data, "-o", "unread-grace=100ms")["leak"])

    def test_still_sending_is_no_leak(self):
        """A peer that has only closed its sending side may well read."""
        ours, theirs = self.pair()
        theirs.shutdown(socket.SHUT_WR)
        self.wait_until(ours, 8)
        wait_for("a leak", lambda: self.own(ours, "-o", "grace=500ms")["leak"])

        def send_and_look():
            ours.sendall(b"more")
            return not self.own(ours, "-o", "grace=500ms")["leak"]
        wait_for("a sign of life", send_and_look)

    def test_close_notify(self):
        goodbye = self.half_closed(TLS_1_3_CLOSE_NOTIFY)
        other = self.half_closed(len(TLS_1_3_CLOSE_NOTIFY) * b"x")
        found = self.own(goodbye)
        self.assertEqual((found["cause"], found["recv_q"], found["tls_close_notify"]), ("eof-unread", 24, True))
        found = self.own(other)
        self.assertEqual((found["cause"], found["recv_q"]), ("data-unread", 24))
        self.assertNotIn("tls_close_notify", found)
        text = "\n".join(self.lines())
        self.assertRegex(text, r"\(eof-unread, TLS close_notify\)\n")
        self.assertNotIn("perhaps", text)
        self.assertEqual((goodbye.recv(99), other.recv(99)), (TLS_1_3_CLOSE_NOTIFY, 24 * b"x"))  # looked at, not taken

    def test_several_numbers(self):
        ours = self.half_closed()
        twin = self.kept(ours.dup())
        self.assertEqual(self.own(twin)["fds"], sorted((ours.fileno(), twin.fileno())))
        self.assertIn(" %d,%d (eof-unread)" % (ours.fileno(), twin.fileno()), "\n".join(self.lines()))

    def test_shared(self):
        ours = self.half_closed()
        self.assertNotIn("shared", self.own(ours))
        child = self.start(PYTHON, "-c", "input()", stdin=subprocess.PIPE, pass_fds=[ours.fileno()])
        self.assertTrue(wait_for("the child", lambda: self.process(child.pid))["sockets"][0]["shared"])
        self.assertTrue(self.own(ours)["shared"])

    def test_families(self):
        for host, family, dual in (("::1", socket.AF_INET6, False), ("::ffff:127.0.0.1", socket.AF_INET6, True)):
            with self.subTest(host=host):
                listener = self.kept(socket.create_server(("::", 0), family=family, dualstack_ipv6=dual))
                ours = self.kept(socket.create_connection((host, listener.getsockname()[1])))
                listener.accept()[0].close()
                self.wait_until(ours, 8)
                peer = "127.0.0.1:%d" if dual else "[::1]:%d"
                self.assertEqual(self.own(ours)["peer"], peer % listener.getsockname()[1])

    def test_as_ss_has_it(self):
        for data in (b"", b"", b"abc", b"x"):
            self.half_closed(data)
        listed = subprocess.run(["ss", "-Htnp", "state", "close-wait"], capture_output=True, text=True, check=True)
        fields = [line.split() for line in listed.stdout.splitlines() if "pid=%d," % os.getpid() in line]
        expected = {(local, peer, int(recv_q) - 1, int(send_q), "fd=" + re.search(r"fd=(\d+)", users)[1])
                    for recv_q, send_q, local, peer, users in fields}
        self.assertEqual(len(expected), 4)
        self.assertEqual({(one["local"], one["peer"], one["recv_q"], one["send_q"], "fd=%d" % one["fds"][0])
                          for one in self.process(os.getpid())["sockets"]}, expected)


class Closed(ScanCase):
    """Sockets in CLOSE, which the kernel does not list."""

    def test_reset(self):
        unread, theirs = self.pair()
        reset(theirs)
        told, theirs = self.pair()
        reset(theirs)
        for ours in (unread, told):
            self.wait_until(ours, 7)
        with self.assertRaises(ConnectionResetError):
            told.recv(1)
        found = self.own(unread)
        self.assertEqual((found["state"], found["cause"], found["peer"]), ("CLOSE", "reset-unread", "?"))
        self.assertEqual(found["local"], text_of(unread.getsockname()))
        self.assertEqual(self.own(told)["cause"], "error-ignored")
        wait_for("a leak", lambda: self.own(told, "-o", AT_ONCE)["leak"])
        with self.assertRaises(ConnectionResetError):  # we were not told by the look
            unread.recv(1)

    def test_reset_after_bind(self):
        """Newer kernels list what is bound and no more, but not as connections."""
        ours = self.kept(socket.socket())
        ours.bind(("127.0.0.1", 0))
        ours.connect(self.address)
        reset(self.listener.accept()[0])
        self.wait_until(ours, 7)
        self.assertEqual(self.own(ours)["cause"], "reset-unread")

    def test_shut_down(self):
        ours = self.half_closed()
        ours.shutdown(socket.SHUT_WR)
        self.wait_until(ours, 7)
        self.assertEqual(self.own(ours)["cause"], "shutdown-unclosed")

    def test_its_line(self):
        ours, theirs = self.pair()
        reset(theirs)
        self.wait_until(ours, 7)
        heading, row = self.lines()
        self.assertRegex(heading, r"\(pid \d+, \S+\): 0 leaks, 1 CLOSE$")
        self.assertRegex(row, r"^CLOSE +0 +0 %s +\? +<\d+s +%d \(reset-unread\)$"
                         % (re.escape(text_of(ours.getsockname())), ours.fileno()))

    def test_where_we_may_not_ask(self):
        """As under Docker's default seccomp profile."""
        closed, theirs = self.pair()
        reset(theirs)
        self.wait_until(closed, 7)
        goodbye = self.half_closed(TLS_1_3_CLOSE_NOTIFY)
        denied = {"command": (DENY, LIBRARY, COMMAND)}
        self.assertIsNone(self.own(closed, **denied))
        self.assertGreaterEqual(self.document(**denied)["undecided"], 1)
        self.assertRegex(run(**denied).stderr, r"\Awaitclose: (.*; )?\d+ sockets? may be in CLOSE or never have been "
                         r"connected, and we may not ask; that takes the rights of a debugger\n\Z")
        found = self.own(goodbye, **denied)
        self.assertEqual((found["cause"], found["recv_q"]), ("data-unread", 24))
        self.assertIn("(data-unread, perhaps TLS close_notify)", "\n".join(self.lines(**denied)))


class Queues(ScanCase):
    def queue(self, listener, document):
        return next((one for one in document["queues"] if one.get("listener") == text_of(listener.getsockname())), None)

    def test_orphans(self):
        crowded = self.kept(socket.create_server(("127.0.0.1", 0), backlog=7))
        for data in (b"", b"GET /"):
            with socket.create_connection(crowded.getsockname()) as gone:
                gone.sendall(data)
        waits = self.kept(socket.create_connection(crowded.getsockname()))
        found = wait_for("orphans", lambda: (one := self.queue(crowded, self.document())) and len(one["sockets"]) == 2 and one)
        self.assertEqual((found["queue"], found["limit"], found["pid"], found["leaks"]), (3, 7, os.getpid(), 0))
        self.assertEqual(sorted(one["recv_q"] for one in found["sockets"]), [0, 5])
        for one in found["sockets"]:
            self.assertEqual((one["fds"], one["dir"], one["local"]), ([], "in", text_of(crowded.getsockname())))
            self.assertNotEqual(one["peer"], text_of(waits.getsockname()))
        # What nobody has accepted nobody will read: unread data earns no patience of its own.
        leaks = wait_for("leaks", lambda: (one := self.queue(crowded, self.document("-o", "grace=100ms"))) and one["leaks"] and one)
        self.assertEqual(leaks["leaks"], 2)
        ignored = self.document("-o", "grace=100ms [port=%d] action=ignore" % crowded.getsockname()[1])
        self.assertEqual(self.queue(crowded, ignored)["leaks"], 0)
        heading, *rows = self.lines()
        self.assertRegex(heading, r": 0 leaks, 2 CLOSE_WAIT in the accept queue of %s, 3 of 7$" % re.escape(text_of(crowded.getsockname())))
        self.assertEqual(sum(row.endswith(" - (not accepted)") for row in rows), 2)

    def test_accepted_is_held(self):
        listener = self.kept(socket.create_server(("127.0.0.1", 0)))
        socket.create_connection(listener.getsockname()).close()
        wait_for("an orphan", lambda: self.queue(listener, self.document()))
        ours = self.kept(listener.accept()[0])
        self.assertIsNone(self.queue(listener, self.document()))
        self.assertEqual(self.own(ours)["dir"], "in")


class Policies(ScanCase):
    def test_selectors(self):
        ours = self.half_closed()
        port = self.address[1]
        wait_for("a leak", lambda: self.own(ours, "-o", "grace=100ms")["leak"])
        for policy, leaks in (("[port=%d] action=ignore" % port, False), ("[port=%d] action=ignore" % (port ^ 1), True),
                              ("[dir=in] action=ignore", True), ("[dir=out peer=127.0.0.0/8] action=ignore", False),
                              ("[cause=eof-unread] grace=1h", False), ("[exe=no-such] grace=1h", True),
                              ("[exe=%s] grace=1h" % os.path.basename(sys.executable), False)):
            with self.subTest(policy=policy):
                self.assertEqual(self.own(ours, "-o", "grace=100ms " + policy)["leak"], leaks)

    def test_sources(self):
        ours = self.half_closed()
        wait_for("a leak", lambda: self.own(ours, env=environment("grace=100ms", preload=False))["leak"])
        self.assertFalse(self.own(ours, "-o", "grace=1h", env=environment("grace=100ms", preload=False))["leak"])
        self.assertFalse(self.own(ours, env=environment("off", preload=False))["leak"])
        policy = self.place / "policy"
        policy.write_text("grace=100ms\n")
        self.assertTrue(self.own(ours, "-f", policy)["leak"])

    def test_mistakes(self):
        for words, message in ((["-o", "grace=soon"], r"-o:1:7: 'soon' is no value for 'grace'; .*"),
                               (["--watch=0"], r"'0' is no value for '--watch'; expected seconds, from 0\.1 to 86400"),
                               (["--watch=nan"], r"'nan' is no value .*"), (["--watch=2x"], r"'2x' is no value .*"),
                               (["-l", "x"], r"unknown option '-l'; try 'waitclose help scan'"),
                               (["12"], r"scan takes no '12'; try 'waitclose help scan'")):
            with self.subTest(words=words):
                finished = run(*words)
                self.assertEqual((finished.returncode, finished.stdout), (125, ""))
                self.assertRegex(finished.stderr, r"\Awaitclose: %s\n\Z" % message)


class Wrapping(ScanCase):
    def holder(self, *flags, name="holder"):
        program = self.place / name
        subprocess.run(["gcc", "-x", "c", "-o", program, "-", *flags], input=HOLDER, text=True, check=True)
        return program

    def held_by(self, *command, env=None, **options):
        """What is said of a program that leaks."""
        child = self.start(*command, self.address[1], stdin=subprocess.PIPE, env=env or environment(preload=False), **options)
        self.listener.accept()[0].close()
        return wait_for("a leak", lambda: (one := self.process(child.pid, "-o", AT_ONCE)) and one["leaks"] and one)

    def heading(self, pid):
        return self.lines("-o", AT_ONCE, pid=pid)[0]

    def test_worth_it(self):
        found = self.held_by(self.holder())
        self.assertEqual((found["exe"], found["wrap"], found["leaks"], found["uid"]), ("holder", "yes", 1, os.geteuid()))
        self.assertRegex(self.heading(found["pid"]), r"^holder \(pid %d, \S+\): 1 leak, 1 CLOSE_WAIT; worth wrapping$" % found["pid"])

    def test_done(self):
        found = self.held_by(self.holder(), env=environment("log=none"))
        self.assertEqual(found["wrap"], "done")
        self.assertTrue(self.heading(found["pid"]).endswith("; runs under waitclose"))

    def test_obstacles(self):
        go = 'asm(".section .go.buildinfo,\\"a\\"\\n.byte 0\\n.text");'
        for flags, source, obstacle in ((["-static"], "", "statically linked: there is no loader to preload into"),
                                        ([], go, "a Go program: it makes its system calls without libc")):
            with self.subTest(obstacle=obstacle):
                program = self.place / "program"
                subprocess.run(["gcc", "-x", "c", "-o", program, "-", *flags], input=HOLDER + source, text=True, check=True)
                found = self.held_by(program)
                self.assertEqual((found["wrap"], found["obstacle"]), ("no", obstacle))
                self.assertTrue(self.heading(found["pid"]).endswith("; cannot be wrapped: " + obstacle.partition(":")[0]))

    def test_more_rights_than_its_user(self):
        if os.getuid() != 0:
            return  # nobody else can give any
        with tempfile.TemporaryDirectory(dir="/tmp") as place:
            os.chmod(place, 0o755)
            program = shutil.copy(self.holder(), place)
            os.chown(program, NOBODY, NOBODY)
            os.chmod(program, 0o4755)
            found = self.held_by(program)
            self.assertEqual((found["wrap"], found["obstacle"], found["uid"]),
                             ("no", "setuid, setgid or with file capabilities", NOBODY))

    def test_named_as_the_library_does(self):
        """After what was executed, be it a link or a script; and told when it is gone."""
        program = self.holder()
        (self.place / "link").symlink_to(program)
        self.assertEqual(self.held_by(self.place / "link")["exe"], "link")
        script = self.place / "script\n\x1b"
        script.write_text("#!%s\n" % program)
        script.chmod(0o755)
        found = self.held_by(script)
        self.assertEqual(found["exe"], "script\n\x1b")
        self.assertTrue(self.heading(found["pid"]).startswith("script\\x0a\\x1b (pid "))
        program.unlink()
        self.assertEqual(self.process(found["pid"])["exe"], "script\n\x1b")

    def test_a_real_program(self):
        """An nginx that is tired of idle connections, and a client that keeps them."""
        port, html = self.nginx("keepalive_timeout 1;")
        (html / "index.html").write_text("hello")
        client = ("import http.client, sys\n"
                  "kept = [http.client.HTTPConnection('127.0.0.1', %d) for _ in range(3)]\n"
                  "for one in kept: one.request('GET', '/'); one.getresponse().read()\n"
                  "sys.stdin.read()\n" % port)
        child = self.start(PYTHON, "-c", client, stdin=subprocess.PIPE, env=environment(preload=False))
        found = wait_for("leaks", lambda: (one := self.process(child.pid, "-o", AT_ONCE)) and one["leaks"] == 3 and one)
        self.assertEqual((found["exe"], found["wrap"]), (os.path.basename(PYTHON), "yes"))
        for one in found["sockets"]:
            self.assertEqual((one["cause"], one["peer"], one["recv_q"]), ("eof-unread", "127.0.0.1:%d" % port, 0))
            self.assertGreater(one["rx"], one["tx"])


class Rights(ScanCase):
    def test_somebody_else(self):
        if os.getuid() != 0:
            return  # we cannot become anybody
        ours = self.half_closed(TLS_1_3_CLOSE_NOTIFY)
        with tempfile.TemporaryDirectory(dir="/tmp") as place:
            os.chmod(place, 0o755)
            command = {"command": (shutil.copy(COMMAND, place),), "user": NOBODY, "group": NOBODY, "extra_groups": [],
                       "cwd": place}
            document = self.document(**command)
            finished = run(**command)
        self.assertEqual([one for one in document["processes"] if one["pid"] == os.getpid()], [])
        found = next(one for unseen in document["unseen"] if unseen["uid"] == 0 for one in unseen["sockets"]
                     if one["local"] == text_of(ours.getsockname()))
        self.assertEqual((found["fds"], found["recv_q"], found["cause"]), ([], 24, "data-unread"))
        self.assertGreater(document["closed_to_us"], 0)
        self.assertRegex(finished.stderr, r"\Awaitclose: \d+ process(es)? did not let us see descriptors, which leaves \d+ sockets? "
                         r"here without an owner, and hides those in CLOSE; .*that takes the rights of a debugger\n\Z")
        self.assertRegex(finished.stdout, r"(?m)^a process that is not seen \(root\): \d+ leaks?, \d+ CLOSE_WAIT$")


if __name__ == "__main__":
    unittest.main()
