"""Settings and sections at work: who is reported, where, and with which exit status."""

import os
import re
import socket
import stat
import sys
import tempfile
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
import preload

QUICK = "grace=100ms interval=20ms"

# One connection out whose peer closes; the program prints how many threads it then has, and ends as it is told to.
CLIENT = """
import os, socket, sys, time
port, naps, end = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
held = socket.create_connection(("127.0.0.1", port)) if port else None
time.sleep(naps)
print(len(os.listdir("/proc/self/task")), flush=True)
exec(end)
"""


class Server:
    """Accepts and closes."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            connection.close()
            if self.done:
                return

    done = False

    def __exit__(self, *_):
        self.done = True
        socket.create_connection(("127.0.0.1", self.port)).close()
        self.thread.join()
        self.listener.close()


class Leaks(unittest.TestCase):
    """eof_ignored leaks one accepted and one connected socket."""

    def directions(self, policy, name="eof_ignored"):
        finished = preload.run_with_events([preload.program(name)], f"{QUICK} {policy}")
        self.assertEqual((finished.status, finished.stderr), (0, ""))
        return sorted(leak["dir"] for leak in finished.of("leak"))

    def test_ignore(self):
        self.assertEqual(self.directions("action=ignore"), [])

    def test_direction(self):
        self.assertEqual(self.directions("[dir=in] action=ignore"), ["out"])
        self.assertEqual(self.directions("[dir=out] action=ignore"), ["in"])

    def test_cause(self):
        self.assertEqual(self.directions("[cause=eof-ignored] action=ignore"), [])
        self.assertEqual(self.directions("[cause=eof-unread] action=ignore"), ["in", "out"])

    def test_program(self):
        self.assertEqual(self.directions("[exe=eof_*] action=ignore"), [])
        self.assertEqual(self.directions("[exe=eof] action=ignore"), ["in", "out"])

    def test_addresses(self):
        self.assertEqual(self.directions("[peer=127.0.0.0/8] action=ignore"), [])
        self.assertEqual(self.directions("[peer=10.0.0.0/8] action=ignore"), ["in", "out"])
        self.assertEqual(self.directions("[local=127.0.0.1 dir=in] action=ignore"), ["out"])
        self.assertEqual(self.directions("[peer=::1] action=ignore", "ipv6"), [])

    def test_grace_in_a_section(self):
        self.assertEqual(self.directions("[dir=in] grace=1m"), ["out"])
        self.assertEqual(self.directions("grace=1m [dir=in] grace=100ms"), ["in"])

    def test_later_sections_win(self):
        self.assertEqual(self.directions("[dir=in] action=ignore [local=127.0.0.1] action=report"), ["in", "out"])

    def test_port_is_the_services(self):
        command = [sys.executable, "-c", CLIENT]
        with Server() as server:
            for section, count in (
                (f"[port={server.port}]", 0),
                (f"[dir=out port={server.port}]", 0),
                (f"[dir=in port={server.port}]", 1),
                (f"[port={server.port + 1}]", 1),
                (f"[port={server.port - 5}-{server.port + 5}]", 0),
            ):
                with self.subTest(section):
                    policy = f"{QUICK} {section} action=ignore"
                    finished = preload.run_with_events([*command, str(server.port), "0.3", "pass"], policy)
                    self.assertEqual(len(finished.of("leak")), count)


class Process(unittest.TestCase):
    def client(self, policy, end="pass", leaks=True, room="own"):
        with Server() as server:
            port = str(server.port) if leaks else "0"
            return preload.run_with_events([sys.executable, "-c", CLIENT, port, "0.3", end], f"{QUICK} {policy}", room)

    def test_off(self):
        for policy in ("off", " off "):
            finished = preload.run([preload.program("eof_ignored")], policy)
            self.assertEqual((finished.status, finished.stdout, finished.stderr), (0, "", ""))

    def test_aside_every_call_is_libcs(self):
        """Not a bare system call: that is no cancellation point, knows no fortified buffer, and cannot do all of it."""
        groups = "import contextlib, os\nwith contextlib.suppress(PermissionError): os.initgroups('root', os.getgid())"
        for policy in ("off", "help", "gracee=30s"):
            with self.subTest(policy):
                self.assertEqual(preload.run([preload.program("cancelled_read")], policy, timeout=10).status, 0)
                self.assertEqual(preload.run([preload.program("fortified_abort")], policy, timeout=10).status, -6)
                self.assertEqual(preload.run([sys.executable, "-c", groups], policy).status, 0)

    def test_help(self):
        finished = preload.run(["/bin/echo", "the program"], "help")
        self.assertEqual((finished.status, finished.stdout), (0, "the program\n"))
        for word in ("grace", "interval", "unread-grace", "[SELECTORS]"):
            self.assertIn(word, finished.stderr)

    def test_exitcode(self):
        self.assertEqual(self.client("exitcode=7").status, 7)
        self.assertEqual(self.client("exitcode=7", leaks=False).status, 0)
        self.assertEqual(self.client("exitcode=7", end="sys.exit(3)").status, 3)
        self.assertEqual(self.client("exitcode=7", end="os._exit(0)").status, 7)
        self.assertEqual(self.client("exitcode=7", end="os.abort()").status, -6)
        self.assertEqual(self.client("").status, 0)

    def test_exitcode_keeps_the_output(self):
        finished = self.client("exitcode=7", end="sys.stdout.write('unflushed')")
        self.assertEqual((finished.status, finished.stdout), (7, "2\nunflushed"))

    def test_summary(self):
        for setting, with_leaks, without in (("on", 1, 1), ("off", 0, 0), ("leaks", 1, 0)):
            with self.subTest(setting):
                self.assertEqual(len(self.client(f"summary={setting}").of("summary")), with_leaks)
                self.assertEqual(len(self.client(f"summary={setting}", leaks=False).of("summary")), without)

    def test_summary_counts(self):
        [summary] = self.client("summary=on").of("summary")
        self.assertEqual((summary["sockets"], summary["leaks"], summary["eof-unread"]), (1, 1, 1))

    def test_watch_off(self):
        for room in preload.ROOMS:
            with self.subTest(room):
                finished = self.client("watch=off log=stderr format=text", "os._exit(0)", room=room)
                self.assertEqual(finished.stdout, "1\n")
                self.assertEqual(re.findall(r"^waitclose: (\w+)", finished.stderr, re.M), ["leak", "summary"])

    def test_watch_on_is_one_thread(self):
        for room in preload.ROOMS:
            with self.subTest(room):
                self.assertEqual(self.client("log=stderr", room=room).stdout, "2\n")
                self.assertEqual(self.client("log=stderr", room=room, leaks=False).stdout, "1\n")

    def test_log_none(self):
        finished = preload.run([preload.program("eof_ignored")], QUICK + " log=none exitcode=9")
        self.assertEqual((finished.status, finished.stderr), (9, ""))

    def test_log_path(self):
        with tempfile.TemporaryDirectory() as directory:
            for pattern, name in (("%e.log", r"eof_ignored\.log"), ("x%p%%", r"x\d+%"), ('"a b"', "a b")):
                preload.run([preload.program("eof_ignored")], f"{QUICK} log={pattern}", cwd=directory)
                [log] = Path(directory).iterdir()
                self.assertRegex(log.name, f"^{name}$")
                self.assertEqual(stat.S_IMODE(log.stat().st_mode), 0o600)
                lines = log.read_text()
                self.assertEqual(lines.count("\n"), 3)
                preload.run([preload.program("eof_ignored")], f"{QUICK} log={pattern}", cwd=directory)
                if "%p" not in pattern:
                    self.assertTrue(log.read_text().startswith(lines), "a log is appended to")
                for left in Path(directory).iterdir():
                    left.unlink()

    def test_log_follows_no_link(self):
        with tempfile.TemporaryDirectory() as directory:
            os.symlink("target", f"{directory}/log")
            finished = preload.run([preload.program("eof_ignored")], f"{QUICK} log={directory}/log", cwd=directory)
            self.assertEqual(finished.status, 0)
            self.assertEqual(os.listdir(directory), ["log"])

    def test_policy_from_a_file(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "policy"
            path.write_text("# for a test\n[dir=in]\naction=ignore\n")
            finished = preload.run([preload.program("eof_ignored")], f"{QUICK} @{path}")
            self.assertEqual(re.findall(r" dir=(\w+)", finished.stderr), ["out"])


class Mistakes(unittest.TestCase):
    """One clear line, and the program untouched."""

    def test_mistakes(self):
        for policy in (
            "gracee=30s",
            "grace",
            "grace=",
            "grace=soon",
            "grace=-1s",
            "interval=0",
            "action=explode",
            "keepalive=60/10",
            "limit=0",
            "heartbeat=30s:PING",
            "keepalive=60/10",
            "[dir=sideways] grace=1s",
            "[dir=in",
            "[dir=in] interval=1s",
            "[peer=300.1.1.1] action=ignore",
            "[port=9-3] action=ignore",
            "stack=33",
            "exitcode=256",
            'log="unfinished',
            "@/nowhere/at/all",
            "off grace=1s nonsense",
        ):
            with self.subTest(policy):
                finished = preload.run([preload.program("eof_ignored")], policy)
                self.assertEqual((finished.status, finished.stdout), (0, ""))
                self.assertRegex(finished.stderr, r"\Awaitclose: (WAITCLOSE|/nowhere)\S* .+\n\Z")


if __name__ == "__main__":
    unittest.main()
