"""`waitclose check`: what it says of a policy, setting by setting and taken together, and of the kernel's own settings.

WAITCLOSE_BUILD names the directory that holds waitclose.
"""
import os
import pathlib
import re
import unittest

from command_test import COMMAND, CommandTest, environment, finish

SYSCTLS = pathlib.Path("/proc/sys/net")

# A full accept queue: one is taken, the others are not.
OVERFLOW = """
    import socket, subprocess, sys, time
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    clients = [socket.socket() for _ in range(4)]
    for client in clients:
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
    time.sleep(0.1)
    subprocess.run(sys.argv[1:], check=True)
"""


class Policy(CommandTest):
    def test_check_explains(self):
        finished = self.waitclose("check", "-o", "grace=5s [dir=out port=6379] action=ignore")
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))
        lines = finished.stdout.splitlines()
        self.assertEqual(lines[0], "policy:")
        self.assertRegex(finished.stdout, r"(?m)^  grace +5s +a socket is a leak once its peer's FIN is 5s old.*sent since$")
        self.assertRegex(finished.stdout, r"(?m)^  action +report +a leak is reported.* \(default\)$")
        section = lines.index("[dir=out port=6379]")
        self.assertRegex(lines[section + 1], r"^  action +ignore +a leak is not reported")
        self.assertEqual(lines[section + 2], "kernel:")
        self.assertRegex(lines[-1], r"^room: the watcher (has a descriptor table of its own|shares the program's descriptor table); \S")

    def test_check_explains_what_settings_come_to_together(self):
        half_closed, watch_off, limit, release = (
            "note: a leak is ended once", "note: with watch=off nothing is ended",
            "note: with watch=off nobody counts", "note: release has nothing to give back")
        keepalive, loses, waits, fin_timeout, reuseaddr, read, write, heartbeat, no_heartbeat = (
            "note: keepalive ends the connection of a peer", "note: linger=0 LOSES DATA", "note: linger makes close wait",
            "note: fin-timeout limits FIN_WAIT2", "note: reuseaddr lets bind", "note: a read that recv-timeout ends",
            "note: a write that send-timeout ends", "note: what the peer answers to a heartbeat",
            "note: with watch=off no heartbeat")
        replaced = "note: user-timeout beside keepalive replaces its count"
        for policy, expected in (("", []),
                                 ("action=fin", [half_closed]),
                                 ("[port=80] action=reset", [half_closed]),
                                 ("action=close [] action=report", []),
                                 ("action=close release=emfile", [half_closed]),
                                 ("watch=off action=close limit=3:term", [watch_off, limit]),
                                 ("[dir=in] release=5m", [release]),
                                 ("action=fin release=0", [half_closed, release]),
                                 ("keepalive=60/10/3", [keepalive]),
                                 ("keepalive=off user-timeout=30s nodelay=on", []),
                                 ("[port=80] keepalive!=60/10/3 [port=90] user-timeout=1s", [keepalive, replaced]),
                                 ("linger=0", [loses]),
                                 ("linger=off", []),
                                 ("linger=5 [dir=in] linger!=0", [loses, waits]),
                                 ("fin-timeout=5", [fin_timeout]),
                                 ("reuseaddr=on", [reuseaddr]),
                                 ("reuseaddr=off", []),
                                 ("recv-timeout=5s send-timeout=5s", [read, write]),
                                 ('[port=80] heartbeat="5s:PING"', [heartbeat]),
                                 ('watch=off [port=80] heartbeat="5s:PING"', [heartbeat, no_heartbeat])):
            with self.subTest(policy):
                lines = self.waitclose("check", "-o", policy).stdout.splitlines()
                notes = [line for line in lines if line.startswith("note:")]
                self.assertEqual(len(notes), len(expected), notes)
                for note, beginning in zip(notes, expected):
                    self.assertTrue(note.startswith(beginning), note)

    def test_check_without_a_policy(self):
        for word, first in (("off", "policy: off; the library stands aside"),
                            ("help", "policy: help; the library prints what a policy may hold, and stands aside")):
            lines = self.waitclose("check", env=environment(WAITCLOSE=word)).stdout.splitlines()
            self.assertEqual(lines[0], first)
            self.assertEqual(len(lines), 2)
            self.assertEqual(self.waitclose("check", "-o", "grace=1s", env=environment(WAITCLOSE=word)).stdout.splitlines()[0], "policy:")


class Kernel(CommandTest):
    """In a network namespace of our own, with values that nobody has."""

    def lines(self, command, alone=True):
        apart = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
        finished = finish(apart + command if alone else command)
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))
        return finished.stdout.splitlines()

    @staticmethod
    def command(policy, before):
        return ["sh", "-ec", before + '\nexec "$@"', "sh", COMMAND, "check", "-o", policy]

    def rows(self, policy="", before="", alone=True):
        lines = self.lines(self.command(policy, before), alone)
        lines = lines[lines.index("kernel:") + 1:-1]
        rows = [re.fullmatch(r"  (\S+) +(\d+)  (\S.*)", line) for line in lines]
        self.assertTrue(all(rows), lines)
        return {row[1]: (int(row[2]), row[3]) for row in rows}

    def said(self, policy, before=""):
        return {name.rpartition(".")[2]: meaning for name, (_, meaning) in self.rows(policy, before).items()}

    @staticmethod
    def set(**values):
        return "".join("echo %d >/proc/sys/net/%s\n" % (value, name.replace("__", "/")) for name, value in values.items())

    def test_every_one_in_force(self):
        """Each with its own value, here and in a namespace; what is not there is left out."""
        names = ["ipv4/tcp_" + name for name in
                 ("keepalive_time keepalive_intvl keepalive_probes retries2 orphan_retries max_orphans fin_timeout "
                  "tw_reuse max_tw_buckets max_syn_backlog syncookies").split()] + ["core/somaxconn"]
        there = {"net." + name.replace("/", "."): int((SYSCTLS / name).read_text()) for name in names
                 if (SYSCTLS / name).exists()}
        self.assertGreaterEqual(len(there), 11)
        rows = self.rows(alone=False)
        self.assertEqual({name: value for name, (value, _) in rows.items() if name.startswith("net.")}, there)
        self.assertEqual(list(rows)[-3:], ["TcpExtListenOverflows", "TcpExtListenDrops", "RLIMIT_NOFILE"])
        self.assertEqual(self.rows(before=self.set(core__somaxconn=77))["net.core.somaxconn"][0], 77)
        self.assertNotIn("net.ipv4.tcp_max_orphans", self.rows())

    def test_a_vanished_peer(self):
        before = self.set(ipv4__tcp_keepalive_time=100, ipv4__tcp_keepalive_intvl=20, ipv4__tcp_keepalive_probes=4)
        for policy, expected in (
            ("", "after 100 s + 4 x 20 s, and only where the program sets SO_KEEPALIVE"),
            ("keepalive=off", "after 100 s + 4 x 20 s, and only where"),
            ("keepalive=60/10/3", "after 60 s + 3 x 10 s; without keepalive= here, after 100 s + 4 x 20 s"),
            ("keepalive=60/10/3 user-timeout=5s", "after 60 s + 3 x 10 s, or by user-timeout=; without"),
            ("keepalive=1/1/2 [port=80] keepalive=90/1/1 [port=90] keepalive=80/1/1", "after at most 90 s + 1 x 1 s;"),
        ):
            with self.subTest(policy):
                said = self.said(policy, before)
                self.assertIn(expected, said["tcp_keepalive_time"])
        said = self.said("keepalive=60/10/3", before)
        self.assertIn(": 10 by keepalive=", said["tcp_keepalive_intvl"])
        self.assertIn(": 3 by keepalive=", said["tcp_keepalive_probes"])

    def test_retries(self):
        """Seconds as the kernel has them (tcp_model_timeout)."""
        for retries, seconds in ((3, "3 s"), (8, "102 s"), (9, "205 s"), (15, "925 s")):
            self.assertIn("given up after %s or more" % seconds, self.said("", self.set(ipv4__tcp_retries2=retries))["tcp_retries2"])
        self.assertIn("after 1.5 s by user-timeout=, 925 s or more elsewhere", self.said("user-timeout=1500ms")["tcp_retries2"])
        self.assertIn("and a FIN by action=fin (LAST_ACK)", self.said("action=fin")["tcp_retries2"])
        self.assertIn("what action=close has ended (LAST_ACK) is sent again 8 times, as 0 means 8 (102 s at least)",
                      self.said("[port=80] action=close")["tcp_orphan_retries"])
        self.assertIn("a closed socket is sent again 3 times (3 s at least)",
                      self.said("", self.set(ipv4__tcp_orphan_retries=3))["tcp_orphan_retries"])

    def test_the_accept_queue(self):
        before = self.set(core__somaxconn=100)
        for policy, expected in (("", "whatever the program asks"), ("backlog=100", "backlog=100 fits"),
                                 ("[port=80] backlog=101", "backlog=101 is bounded: an accept queue holds 100 at most")):
            self.assertIn(expected, self.said(policy, before)["somaxconn"])
        for cookies, expected in ((0, "half-open connections"), (1, "no effect while tcp_syncookies is on")):
            self.assertIn(expected, self.said("", self.set(ipv4__tcp_syncookies=cookies))["tcp_max_syn_backlog"])

    def test_a_backlog_that_is_cut_is_noted(self):
        for backlog, notes in ((100, 0), (101, 1)):
            lines = self.lines(self.command("backlog=%d" % backlog, self.set(core__somaxconn=100)))
            self.assertEqual(sum(line.startswith("note: backlog is more than net.core.somaxconn") for line in lines), notes)

    def test_the_end_of_a_connection(self):
        self.assertIn(": 5 by fin-timeout=", self.said("[dir=in] fin-timeout=5")["tcp_fin_timeout"])
        self.assertIn("CLOSE_WAIT has no timeout", self.said("")["tcp_fin_timeout"])
        self.assertIn("reuseaddr= does not change that", self.said("reuseaddr=on")["tcp_tw_reuse"])
        for value, expected in ((0, "no new connection"), (1, "new connections may"), (2, "new connections on loopback")):
            self.assertTrue(self.said("", self.set(ipv4__tcp_tw_reuse=value))["tcp_tw_reuse"].startswith(expected))
        for policy, expected in (("", "the side that closes first"), ("linger=0", "linger=0 makes none"),
                                 ("action=close", "a CLOSE_WAIT that is ended never enters it"),
                                 ("action=close idle=5m", "an idle connection that is ended passes through it")):
            self.assertIn(expected, self.said(policy)["tcp_max_tw_buckets"])

    def test_full_accept_queues(self):
        script = "\n".join(line[4:] for line in OVERFLOW.splitlines())
        output = "\n".join(self.lines(["/usr/bin/python3", "-c", script, COMMAND, "check"]))
        self.assertRegex(output, r"(?m)^  TcpExtListenOverflows +[1-9]\d*  .*; event backlog names the listener$")
        self.assertRegex(output, r"(?m)^  TcpExtListenDrops +[1-9]")
        self.assertEqual([self.rows()["TcpExtListen" + name][0] for name in ("Overflows", "Drops")], [0, 0])

    def test_descriptors(self):
        rows = self.rows("limit=50", "ulimit -n 50")
        self.assertEqual(rows["RLIMIT_NOFILE"][0], 50)
        self.assertIn("limit= is never reached", rows["RLIMIT_NOFILE"][1])
        self.assertIn("leaks use them up", self.said("limit=49", "ulimit -n 50")["RLIMIT_NOFILE"])


if __name__ == "__main__":
    unittest.main()
