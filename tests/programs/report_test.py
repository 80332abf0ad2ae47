#!/usr/bin/python3
"""waitclose report: what became of each leak, how leaks are grouped, and how that is shown."""
import itertools
import json
import os
import pty
import re
import select
import subprocess
import time
import unittest

import harness
import reporting

POOL = harness.PROGRAMS.parent.parent / "scripts" / "demo_pool.py"


class Outcomes(reporting.Report):
    """What became of each leak."""

    def test_python_pool(self):
        log = self.place / "log"
        listener, port = harness.listen()
        with listener:
            pool = self.watched(harness.PYTHON, POOL, port, 1, log=log, form="text")
            listener.settimeout(harness.PATIENCE)
            answered = [listener.accept()[0]]
            for number in range(3):
                answered[-1].recv(1000)
                answered[-1].sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                if number < 2:
                    answered.append(listener.accept()[0])
            for connection in answered:
                connection.close()
        self.wait_for_leaks(log, 3)
        running = self.report(log, status=1)
        self.assertEqual((running["leaks"], running["open"], running["healed"]), (3, 3, 0))
        self.finish(pool)
        ended = self.report(log, status=0)
        self.assertEqual((ended["leaks"], ended["open"], ended["healed"]), (3, 0, 3))
        (group,) = ended["groups"]
        self.assertEqual([(peer["name"], peer["leaks"]) for peer in group["peers"]], [("127.0.0.1:%d" % port, 3)])
        self.assertEqual([(exe["name"], exe["leaks"]) for exe in group["exes"]], [("python3", 3)])

    def test_held_to_the_end(self):
        log = self.place / "log"
        server = self.serve(self.compile(), 2, 1, log)
        whole = self.report(log, status=1)
        self.assertEqual((whole["leaks"], whole["open"], whole["exited"]), (3, 3, 0))
        self.finish(server)
        whole = self.report(log, status=1)
        self.assertEqual((whole["leaks"], whole["open"], whole["exited"]), (3, 0, 3))

    def test_ended_by_the_policy(self):
        for action in ("fin", "reset", "close"):
            with self.subTest(action=action):
                log = self.place / action
                server = self.serve(self.compile(), 2, 1, log, policy="action=%s" % action)
                harness.wait_for("3 actions", lambda: len(re.findall('"event":"action".*\n', log.read_text())) == 3)
                whole = self.report(log, status=0)
                self.assertEqual((whole["leaks"], whole["acted"], whole["failed"]), (3, 3, 0))
                self.finish(server)
                self.assertEqual(self.report(log, status=0)["acted"], 3)

    def outcome(self, *events):
        """The counts, from text and JSON alike."""
        counts = []
        for text in (reporting.as_text(events), reporting.as_json(events)):
            whole = json.loads(subprocess.run([str(reporting.COMMAND), "report", "--json", "-"], input=text, capture_output=True,
                                              text=True, timeout=harness.PATIENCE).stdout)
            counts.append({name: whole[name] for name in
                           ("leaks", "open", "healed", "acted", "exited", "failed", "early", "torn") if whole[name]})
        self.assertEqual(counts[0], counts[1])
        return counts[0]

    def test_events_in_words(self):
        healed = {**reporting.leak(), "event": "healed"}
        ended = dict(event="action", pid=1, exe="app", cause="eof-unread", action="close", result="ok", cookie="0x1")
        failed = {**ended, "result": "EPERM"}
        released = {**ended, "action": "release"}
        summary = dict(event="summary", pid=1, exe="app", sockets=1, leaks=1, healed=0, acted=0)
        limit = dict(event="limit", pid=1, exe="app", leaks=1, limit=1)
        torn = dict(event="leak", pid=1, exe="app", cause="eof-unread")
        for events, expected in (
            ([reporting.leak()], {"leaks": 1, "open": 1}),
            ([reporting.leak(), healed], {"leaks": 1, "healed": 1}),
            ([reporting.leak(), reporting.leak()], {"leaks": 1, "open": 1}),  # one log, read twice
            ([reporting.leak(), reporting.leak(cause="eof-ignored")], {"leaks": 2, "healed": 1, "open": 1}),  # it was in use between
            ([reporting.leak(), reporting.leak(pid=2)], {"leaks": 2, "open": 2}),  # a child's
            ([reporting.leak(), reporting.leak(pid=2), {**healed, "pid": 2}], {"leaks": 2, "open": 1, "healed": 1}),
            ([reporting.leak(), reporting.leak(cookie=2), summary], {"leaks": 2, "exited": 2}),
            ([reporting.leak(), reporting.leak(pid=2), summary], {"leaks": 2, "exited": 1, "open": 1}),
            ([reporting.leak(), reporting.leak(exe="other", cookie=2)], {"leaks": 2, "exited": 1, "open": 1}),  # execve
            ([reporting.leak(), ended], {"leaks": 1, "acted": 1}),
            ([reporting.leak(), ended, healed], {"leaks": 1, "acted": 1}),
            ([reporting.leak(), ended, released, summary], {"leaks": 1, "acted": 1}),
            ([reporting.leak(), failed], {"leaks": 1, "open": 1, "failed": 1}),
            ([reporting.leak(), failed, ended], {"leaks": 1, "acted": 1, "failed": 1}),
            ([healed], {"early": 1}),
            ([torn, reporting.leak()], {"leaks": 1, "open": 1, "torn": 1}),
            ([reporting.leak(), {**limit, "signal": "none"}], {"leaks": 1, "open": 1}),
            ([reporting.leak(), {**limit, "signal": "SIGTERM"}], {"leaks": 1, "exited": 1}),
            ([summary], {}),
        ):
            with self.subTest(events=reporting.as_text(events)):
                self.assertEqual(self.outcome(*events), expected)

    def test_remarks(self):
        text = reporting.as_text([dict(event="backlog", pid=1, exe="a", fd=3, queue=6, limit=5, gone=0, cookie="0x9"), reporting.leak(),
                        dict(event="summary", pid=1, exe="app", sockets=1, leaks=1, healed=0, acted=0, lost=7)])
        shown = self.run_report(self.write("log", text + "waitclose: leak pid=\n"), status=1)
        for words in ("1 accept queue was full", "7 events were lost", "1 torn line was left out"):
            self.assertIn("\n%s" % words, shown)


class Groups(reporting.Report):
    def setUp(self):
        super().setUp()
        events = [reporting.leak(cookie=at, site="app+0x10", peer="10.0.0.1:80") for at in range(1, 4)]
        events += [{**event, "event": "healed"} for event in events]
        events += [reporting.leak(cookie=at, site="app+0x20", peer="10.0.0.2:80", cause="eof-ignored") for at in range(11, 13)]
        events += [reporting.leak(cookie=21, site="lib.so+0x5", exe="other", pid=2, peer="10.0.0.2:80")]
        self.log = self.write("log", reporting.as_json(events))

    def test_by(self):
        for by, expected in (
            ("site", [("app+0x20", 2), ("lib.so+0x5", 1), ("app+0x10", 3)]),  # the worst is what was never closed
            ("cause", [("eof-ignored", 2), ("eof-unread", 4)]),
            ("peer", [("10.0.0.2:80", 3), ("10.0.0.1:80", 3)]),
            ("exe", [("app", 5), ("other", 1)]),
        ):
            with self.subTest(by=by):
                whole = self.report("--by", by, self.log, status=1)
                self.assertEqual([(group["name"], group["leaks"]) for group in whole["groups"]], expected)
                self.assertEqual(whole["by"], by)
        self.assertEqual(self.report(self.log, status=1), self.report("--by", "site", self.log, status=1))

    def test_as_text(self):
        lines = self.run_report("--by=peer", self.log, status=1).splitlines()
        self.assertEqual(lines[0], "6 leaks, 3 open at the end")
        self.assertEqual(lines[1], "9 events, 2026-01-31T09:00:00Z to 2026-01-31T09:00:08Z")
        self.assertRegex(lines[3], r"\ALeaks +Open +Healed +First +Last +Peer +Cause +Made by\Z")
        self.assertRegex(lines[4], r"\A +3 +3 +0 +\S+:06Z +\S+:08Z +10\.0\.0\.2:80 +eof-ignored \+1 +app\+0x20 \+1\Z")
        self.assertIn("   why       a read returned 0, which is the end, and the socket is still open", lines)

    def test_clients_are_known_by_their_address(self):
        """Their ports mean nothing."""
        log = self.write("in", reporting.as_text([{**reporting.leak(cookie=at), "dir": "in", "peer": peer} for at, peer in enumerate(
            ("10.0.0.9:1234", "10.0.0.9:1235", "[fe80::1]:77"), 1)]))
        whole = self.report("--by", "peer", log, status=1)
        self.assertEqual([(group["name"], group["leaks"]) for group in whole["groups"]], [("10.0.0.9", 2), ("[fe80::1]", 1)])

    def test_help(self):
        words = self.run_report("--help", status=0)
        self.assertTrue(words.startswith("waitclose report "), words)
        finished = subprocess.run([str(reporting.COMMAND), "help", "report"], capture_output=True, text=True,
                                  env=harness.environment(preload=False), timeout=harness.PATIENCE)
        self.assertEqual((finished.returncode, finished.stdout), (0, words))

    def test_output_that_cannot_be_written(self):
        for option in ("--json", "--by=site"):
            with open("/dev/full", "w") as full:
                finished = subprocess.run([str(reporting.COMMAND), "report", option, self.log], stdout=full, text=True,
                                          stderr=subprocess.PIPE, timeout=harness.PATIENCE)
            self.assertEqual((finished.returncode, finished.stderr),
                             (125, "waitclose: cannot write to standard output: No space left on device\n"))

    def test_nothing_leaks(self):
        """A program that leaks nothing logs nothing."""
        for text in ("", "some program's own words\n"):
            self.assertEqual(self.run_report(self.write("empty", text), status=0), "0 leaks\n0 events\n")


class Terminal(reporting.Report):
    def on_terminal(self, columns, *words, feed=None, **more):
        """What it writes to a terminal of so many columns: to stdout, or with `feed` to stderr."""
        ours, theirs = pty.openpty()
        subprocess.run(["stty", "cols", str(columns), "rows", "24"], stdin=theirs, check=True)
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": theirs} if feed else {"stdout": theirs}
        process = self.start(reporting.COMMAND, "report", *words, env=harness.environment(preload=False, TERM="xterm", **more), **streams)
        os.close(theirs)
        if feed:
            feed(process.stdin)
            process.stdin.close()
        shown = b""
        try:
            while select.select([ours], [], [], harness.PATIENCE)[0]:
                shown += os.read(ours, 65536)
        except OSError:
            pass  # nobody has the other side any more
        finally:
            os.close(ours)
        process.wait(harness.PATIENCE)
        return shown.decode()

    def test_colour_and_width(self):
        log = self.write("log", reporting.as_json([reporting.leak(site="a-module-with-a-name-so-long-that-it-cannot-but-be-cut.so.%d+0x10" % at, cookie=at)
                                         for at in range(1, 4)]))
        coloured = self.on_terminal(80, log)
        self.assertIn("\x1b[31m", coloured)
        table = re.sub(r"\x1b\[\d*m", "", coloured).replace("\r", "").split("\n")[3:7]
        self.assertEqual(max(map(len, table)), 80)
        self.assertNotIn("First", table[0])
        self.assertIn("First", self.on_terminal(200, log))
        plain = self.on_terminal(80, log, NO_COLOR="1")
        self.assertNotIn("\x1b", plain)
        self.assertEqual(plain.replace("\r", "").split("\n")[3:7], table)
        self.assertNotIn("\x1b", self.run_report(log, status=1))

    def test_progress(self):
        """Only where it takes long; and afterwards the line is empty."""
        def slowly(pipe):
            end = time.monotonic() + 0.6
            for at in itertools.count(1):
                pipe.write(reporting.as_text([reporting.leak(cookie=at)]).encode())
                pipe.flush()
                if time.monotonic() > end:
                    break
                time.sleep(0.02)

        shown = self.on_terminal(80, "-", feed=slowly)
        self.assertRegex(shown, r"\A\r \d+ events\x1b\[K")
        self.assertTrue(shown.endswith("\r\x1b[K"), shown)
        log = self.write("log", reporting.as_text([reporting.leak()]))
        self.assertEqual(self.on_terminal(80, log, feed=lambda pipe: None), "")


if __name__ == "__main__":
    unittest.main()
