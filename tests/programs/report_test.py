#!/usr/bin/python3
"""waitclose report, on what real programs have logged: which code leaks, what became of it, and whose symbols these are."""
import array
import fcntl
import gzip
import itertools
import json
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import termios
import time
import unittest

import harness

COMMAND = harness.BUILD / "waitclose"
ARTICLES = harness.PROGRAMS / "articles"
SOURCE = harness.PROGRAMS / "report" / "server.c"
POOL = harness.PROGRAMS.parent.parent / "scripts" / "demo_pool.py"
POLICY = "grace=100ms interval=50ms"


def line_of(words):
    """The number of the line in the server's source that holds these words."""
    return next(number for number, line in enumerate(SOURCE.read_text().splitlines(), 1) if words in line)


def leak(pid=1, cookie=1, exe="app", cause="eof-unread", peer="10.0.0.1:80", site="app+0x10", **more):
    return dict(event="leak", pid=pid, exe=exe, cause=cause, dir="out", peer=peer, site=site, **more, cookie=hex(cookie))


def as_text(events):
    return "".join("waitclose: %s %s\n" % (event["event"], " ".join("%s=%s" % pair for pair in list(event.items())[1:]))
                   for event in events)


def as_json(events, start=1769850000):
    return "".join(json.dumps({"time": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(start + at)), **event}) + "\n"
                   for at, event in enumerate(events))


class Report(harness.Case):
    maxDiff = None

    def run_report(self, *words, status, errors="", text=None, **more):
        """What it says, having exited like that."""
        finished = subprocess.run([str(COMMAND), "report", *map(str, words)], input=text, capture_output=True, text=True,
                                  env=harness.environment(preload=False, **more), timeout=harness.PATIENCE, cwd=self.place)
        self.assertEqual((finished.returncode, finished.stderr), (status, errors), finished.stdout)
        return finished.stdout

    def report(self, *words, status, **more):
        return json.loads(self.run_report("--json", *words, status=status, **more))

    def write(self, name, text):
        path = self.place / name
        path.write_text(text)
        return path

    def compile(self, *flags, name="server"):
        program = self.place / name
        compiler = os.environ.get("CC", "cc").split()
        subprocess.run(compiler + ["-O2", "-Wall", "-Wextra", "-Werror", *flags, "-o", str(program), str(SOURCE)],
                       check=True, timeout=harness.PATIENCE)
        return program

    def watched(self, *command, log, policy="", form="json"):
        policy = '%s format=%s %s log="%s"' % (POLICY, form, policy, log)
        return self.start(*command, env=harness.environment(policy), text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE)

    def wait_for_leaks(self, log, count):
        harness.wait_for("%d leaks" % count, lambda: log.exists() and len(re.findall(
            r'waitclose: leak .*\n|"event":"leak".*\n', log.read_text())) >= count)

    def serve(self, program, forgotten, neglected, log, **options):
        """The server has leaked that many sockets in each function, and waits."""
        server = self.watched(program, forgotten, neglected, log=log, **options)
        port = int(server.stdout.readline())
        for _ in range(forgotten + neglected):
            harness.socket.create_connection(("127.0.0.1", port), harness.PATIENCE).close()
        self.wait_for_leaks(log, forgotten + neglected)
        return server

    def finish(self, program):
        program.stdin.close()
        self.assertEqual(program.wait(harness.PATIENCE), 0)


class Symbols(Report):
    """Whose socket it is: with and without debug information, stripped, at fixed addresses or not."""

    def setUp(self):
        super().setUp()
        self.log = self.place / "log"

    def made_by(self, *words, **more):
        """Of each cause: where the socket was made."""
        self.whole = self.report(self.log, *words, **more)
        return {group["causes"][0]["name"]: group["sites"][0] for group in self.whole["groups"]}

    def check_symbols(self, flags, expected, **options):
        program = self.compile(*flags)
        self.finish(self.serve(program, 3, 2, self.log, **options))
        sites = self.made_by("--modules", self.place, status=0)
        for cause, count, site in (("eof-ignored", 3, expected.format("forget")), ("eof-unread", 2, expected.format("neglect"))):
            symbol = sites[cause]
            self.assertEqual(symbol["leaks"], count)
            words = "%s %s %s" % (symbol.get("function", "-"), symbol.get("inlined_in", "-"), symbol.get("line", "-"))
            self.assertEqual(words, site)
            self.assertRegex(symbol["name"], r"\Aserver\+0x[0-9a-f]+\Z")

    def test_debug_information(self):
        in_source = "next_client {} %d" % line_of("int client = accept(")
        for flags in (["-g", "-pie", "-fPIE"], ["-g", "-no-pie"]):
            for form in ("text", "json"):
                with self.subTest(flags=flags, form=form):
                    self.log.unlink(missing_ok=True)
                    self.check_symbols(flags, in_source, form=form)

    def test_symbol_table_alone(self):
        for flags in (["-pie", "-fPIE"], ["-no-pie"]):
            with self.subTest(flags=flags):
                self.log.unlink(missing_ok=True)
                self.check_symbols(flags, "{} - -")

    def test_stripped(self):
        """What the dynamic linker's table has left does not pass for the function that stood there."""
        for flags in (["-s", "-rdynamic", "-pie", "-fPIE"], ["-s", "-no-pie"]):
            with self.subTest(flags=flags):
                self.log.unlink(missing_ok=True)
                self.check_symbols(flags, "- - -")

    def test_stack_and_reader(self):
        self.finish(self.serve(self.compile("-g"), 1, 0, self.log, policy="stack=8"))
        group = self.report("--modules", self.place, self.log, status=0)["groups"][0]
        frames = [frame.get("function") for frame in group["stacks"][0]["frames"]]
        self.assertEqual(frames[:2], ["next_client", "main"])
        self.assertEqual(group["stacks"][0]["frames"][1]["line"], line_of("forget(listener);"))
        self.assertEqual((group["readers"][0]["function"], group["readers"][0]["line"]), ("forget", line_of("while (read(")))
        text = self.run_report("--modules", self.place, self.log, status=0)
        self.assertRegex(text, r"(?m)^1\. forget \(server\.c:\d+\)$")
        self.assertRegex(text, r"(?m)^   stack     #0  next_client in forget at .*\n             #1  main at .*server\.c:\d+, server\+")
        self.assertRegex(text, r"(?m)^   read by   forget at \S+server\.c:\d+")

    def separate_debug(self, program):
        """Takes the debug information out of a program, and puts it where its build-id says."""
        notes = subprocess.run(["readelf", "-n", program], capture_output=True, text=True, check=True).stdout
        build = re.search(r"Build ID: ([0-9a-f]+)", notes)[1]
        file = self.place / "debug" / ".build-id" / build[:2] / (build[2:] + ".debug")
        file.parent.mkdir(parents=True)
        subprocess.run(["objcopy", "--only-keep-debug", program, file], check=True)
        subprocess.run(["strip", program], check=True)
        return self.place / "debug"

    def test_separate_debug_file(self):
        program = self.compile("-g", "-Wl,--build-id")
        debug = self.separate_debug(program)
        server = self.serve(program, 1, 0, self.log)
        self.assertNotIn("function", self.made_by(status=1)["eof-ignored"])
        self.assertEqual(self.made_by("--modules", debug, status=1)["eof-ignored"]["function"], "next_client")
        self.finish(server)

    def test_the_process_is_asked_while_it_runs(self):
        """Found where no search would find it, and by the name that it was started by."""
        program = self.compile("-g")
        link = self.place / "other-name"
        link.symlink_to(program)
        server = self.serve(link, 1, 0, self.log)
        self.assertEqual(self.made_by(status=1)["eof-ignored"]["function"], "next_client")
        module = self.whole["modules"][0]
        self.assertEqual((module["module"], module["found"]), ("other-name", "mapped"))
        self.finish(server)
        self.assertNotIn("function", self.made_by(status=0)["eof-ignored"])
        self.assertEqual(self.whole["modules"], [{"module": "other-name"}])

    def test_found_by_name(self):
        self.finish(self.serve(self.compile("-g"), 1, 0, self.log))
        path = "%s:%s" % (self.place, os.environ["PATH"])
        site = self.made_by(status=0, PATH=path)["eof-ignored"]
        self.assertEqual((site["function"], site.get("doubtful")), ("next_client", None))
        module = self.whole["modules"][0]
        self.assertEqual((module["path"], module["found"], module["changed"]), (str(self.place / "server"), "named", False))
        self.assertIn("symbols   server: %s/server, found by name; not changed since" % self.place,
                      self.run_report(self.log, status=0, PATH=path))
        (self.place / "server").chmod(0o700)
        site = self.made_by(status=0, PATH=path)["eof-ignored"]
        self.assertEqual((site["function"], site["doubtful"]), ("next_client", True))
        text = self.run_report(self.log, status=0, PATH=path)
        self.assertIn("1. forget? (server.c:", text)
        self.assertRegex(text, r"server, found by name; CHANGED since")

    def test_another_build(self):
        """Where an event says that a call was there is none: no symbol is better than a wrong one."""
        self.finish(self.serve(self.compile("-g"), 1, 0, self.log))
        self.compile("-O0", "-fno-inline")
        site = self.made_by("--modules", self.place, status=0)["eof-ignored"]
        self.assertNotIn("function", site)
        self.assertIn("ANOTHER BUILD", self.run_report("--modules", self.place, self.log, status=0))

    def test_java(self):
        subprocess.run(["javac", "-d", str(self.place), str(ARTICLES / "LeakyClient.java")], check=True,
                       timeout=harness.PATIENCE)
        listener, port = harness.listen()
        with listener:
            client = self.watched("java", "-cp", self.place, "LeakyClient", port, 2, log=self.log)
            listener.settimeout(harness.PATIENCE)
            for _ in range(2):
                listener.accept()[0].close()
        self.wait_for_leaks(self.log, 2)
        site = self.made_by(status=1)["eof-ignored"]
        self.assertRegex(site["name"], r"\Alib\w+\.so\+0x")
        self.assertRegex(site["function"], r"\AJava_|NET_|JVM_")
        self.finish(client)


class Outcomes(Report):
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
        whole = self.report(log, status=0)
        self.assertEqual((whole["leaks"], whole["open"], whole["exited"]), (3, 0, 3))

    def outcome(self, *events):
        """The counts, from text and JSON alike."""
        counts = []
        for text in (as_text(events), as_json(events)):
            whole = json.loads(subprocess.run([str(COMMAND), "report", "--json", "-"], input=text, capture_output=True,
                                              text=True, timeout=harness.PATIENCE).stdout)
            counts.append({name: whole[name] for name in
                           ("leaks", "open", "healed", "acted", "exited", "failed", "early", "torn") if whole[name]})
        self.assertEqual(counts[0], counts[1])
        return counts[0]

    def test_events_in_words(self):
        healed = {**leak(), "event": "healed"}
        ended = dict(event="action", pid=1, exe="app", cause="eof-unread", action="close", result="ok", cookie="0x1")
        failed = {**ended, "result": "EPERM"}
        released = {**ended, "action": "release"}
        summary = dict(event="summary", pid=1, exe="app", sockets=1, leaks=1, healed=0, acted=0)
        torn = dict(event="leak", pid=1, exe="app", cause="eof-unread")
        for events, expected in (
            ([leak()], {"leaks": 1, "open": 1}),
            ([leak(), healed], {"leaks": 1, "healed": 1}),
            ([leak(), leak()], {"leaks": 1, "open": 1}),  # one log, read twice
            ([leak(), leak(cause="eof-ignored")], {"leaks": 2, "healed": 1, "open": 1}),  # it was in use between
            ([leak(), leak(pid=2)], {"leaks": 2, "open": 2}),  # a child's
            ([leak(), leak(pid=2), {**healed, "pid": 2}], {"leaks": 2, "open": 1, "healed": 1}),
            ([leak(), leak(cookie=2), summary], {"leaks": 2, "exited": 2}),
            ([leak(), leak(pid=2), summary], {"leaks": 2, "exited": 1, "open": 1}),
            ([leak(), leak(exe="other", cookie=2)], {"leaks": 2, "exited": 1, "open": 1}),  # execve
            ([leak(), ended], {"leaks": 1, "acted": 1}),
            ([leak(), ended, healed], {"leaks": 1, "acted": 1}),
            ([leak(), ended, released, summary], {"leaks": 1, "acted": 1}),
            ([leak(), failed], {"leaks": 1, "open": 1, "failed": 1}),
            ([leak(), failed, ended], {"leaks": 1, "acted": 1, "failed": 1}),
            ([healed], {"early": 1}),
            ([torn, leak()], {"leaks": 1, "open": 1, "torn": 1}),
            ([summary], {}),
        ):
            with self.subTest(events=as_text(events)):
                self.assertEqual(self.outcome(*events), expected)

    def test_remarks(self):
        text = as_text([dict(event="backlog", pid=1, exe="a", fd=3, queue=6, limit=5, gone=0, cookie="0x9"), leak(),
                        dict(event="summary", pid=1, exe="app", sockets=1, leaks=1, healed=0, acted=0, lost=7)])
        shown = self.run_report(self.write("log", text + "waitclose: leak pid=\n"), status=0)
        for words in ("1 accept queue was full", "7 events were lost", "1 torn line was left out"):
            self.assertIn("\n%s" % words, shown)


class Groups(Report):
    def setUp(self):
        super().setUp()
        events = [leak(cookie=at, site="app+0x10", peer="10.0.0.1:80") for at in range(1, 4)]
        events += [{**event, "event": "healed"} for event in events]
        events += [leak(cookie=at, site="app+0x20", peer="10.0.0.2:80", cause="eof-ignored") for at in range(11, 13)]
        events += [leak(cookie=21, site="lib.so+0x5", exe="other", pid=2, peer="10.0.0.2:80")]
        self.log = self.write("log", as_json(events))

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
        log = self.write("in", as_text([{**leak(cookie=at), "dir": "in", "peer": peer} for at, peer in enumerate(
            ("10.0.0.9:1234", "10.0.0.9:1235", "[fe80::1]:77"), 1)]))
        whole = self.report("--by", "peer", log, status=1)
        self.assertEqual([(group["name"], group["leaks"]) for group in whole["groups"]], [("10.0.0.9", 2), ("[fe80::1]", 1)])

    def test_nothing_leaks(self):
        """A program that leaks nothing logs nothing."""
        for text in ("", "some program's own words\n"):
            self.assertEqual(self.run_report(self.write("empty", text), status=0), "0 leaks\n0 events\n")


class Logs(Report):
    """Rotated, compressed, shared with other text, torn, and hostile ones."""

    def real_log(self, form):
        log = self.place / ("real." + form)
        self.finish(self.serve(self.compile(), 4, 2, log, form=form))
        return log.read_text().splitlines(keepends=True)

    def rotate(self, lines, form):
        """log.2.gz, log.1, log: older and older. Healed and held ones of the server are mixed with another process's."""
        third = len(lines) // 3
        names = [self.place / name for name in (form + ".log.2.gz", form + ".log.1", form + ".log")]
        names[0].write_bytes(gzip.compress("".join(lines[:third]).encode()))
        self.write(names[1].name, "".join(lines[third:2 * third]))
        self.write(names[2].name, "".join(lines[2 * third:]))
        return names

    def test_rotated_in_any_order(self):
        for form in ("text", "json"):
            lines = self.real_log(form)
            names = self.rotate(lines, form)
            expected = self.report(self.write("whole", "".join(lines)), status=0)
            self.assertEqual((expected["leaks"], expected["exited"]), (6, 6))
            for order in itertools.permutations(names):
                with self.subTest(order=order):
                    self.assertEqual(self.report(*order, status=0), expected)

    def test_json_in_any_order_by_any_name(self):
        lines = [re.sub(r"\.\d+Z", ".%03dZ" % at, line, count=1)  # they came with one look of the watcher
                 for at, line in enumerate(self.real_log("json"))]
        names = [self.write(name, "".join(part)) for name, part in
                 (("c", lines[:2]), ("a", ["noise\n"] + lines[2:5]), ("b", lines[5:]))]
        for order in itertools.permutations(names):
            self.assertEqual(self.report(*order, status=0)["exited"], 6)
        first, second, third = names
        piped = self.report(third, "-", second, text=first.read_text(), status=0)
        self.assertEqual(piped["exited"], 6)

    def test_dates_in_names(self):
        lines = self.real_log("text")
        names = [self.write(name, "".join(part)) for name, part in
                 (("log-20260130", lines[:2]), ("log-20260131", lines[2:4]), ("log", lines[4:]))]
        for order in itertools.permutations(names):
            self.assertEqual(self.report(*order, status=0)["exited"], 6)

    def test_many_processes(self):
        logs = [self.place / ("log.%d" % number) for number in range(3)]
        servers = [self.serve(self.compile(name="server%d" % number), 1, number, log) for number, log in enumerate(logs)]
        whole = self.report("--by", "exe", *logs, status=1)
        self.assertEqual([(group["name"], group["open"]) for group in whole["groups"]],
                         [("server2", 3), ("server1", 2), ("server0", 1)])
        for server in servers:
            self.finish(server)

    def test_among_other_text(self):
        """A capture of standard error: other lines, without a newline at times, and one without an end."""
        for form in ("text", "json"):
            lines = self.real_log(form)
            noise = ["Traceback (most recent call last):\n", "x" * 3000000 + "\n", "waitclose: WAITCLOSE:1:1: unknown key\n",
                     '{"event":"leak","level":"info"}\n', "\n", '{"event":\n', " waitclose: leak pid=1\n", "{}\n"]
            text = "".join(itertools.chain.from_iterable(itertools.zip_longest(noise, lines, fillvalue="")))
            whole = self.report(self.write("stderr", text + "y" * 70000), status=0)
            self.assertEqual((whole["leaks"], whole["exited"], whole["torn"], whole["events"]), (6, 6, 0, 7))

    def test_torn_anywhere(self):
        """However much of an event's line is there, short of its last field: it counts as torn, and spoils no other."""
        for form in ("text", "json"):
            line, other = self.real_log(form)[:2]
            end = line.index("cookie=") if form == "text" else len(line) - 2
            start = len("waitclose: leak") if form == "text" else line.index("leak")
            for length in range(start, end, 7):
                whole = self.report("-", text=line[:length] + "\n" + other, status=1)
                self.assertEqual((whole["leaks"], whole["torn"]), (1, 1), line[:length])

    def test_hostile_names(self):
        """The program's name is the attacker's; the terminal is ours."""
        name = 'a\x1b[31m"\\ =,\né'
        for form in ("text", "json"):
            log = self.place / "log"
            log.unlink(missing_ok=True)
            self.finish(self.serve(self.compile(name=name), 1, 0, log, form=form))
            whole = self.report("--by", "exe", log, status=0)
            self.assertEqual(whole["groups"][0]["name"], name)
            text = self.run_report("--by", "exe", log, status=0, LC_ALL="C.UTF-8")
            self.assertNotRegex(text, r"[\x00-\x09\x0b-\x1f\x7f]")
            self.assertNotIn("\né", text)
            self.assertIn('a\\x1b[31m"\\ =,\\x0aé', text)

    def test_what_is_no_log(self):
        binary = "waitclose: %s: not a log: it holds no event, and bytes that are no text\n"
        shutil.copy("/bin/true", self.place / "true")
        self.run_report("true", status=125, errors=binary % "true")
        good = self.write("good", as_text([leak()]))
        shown = self.run_report("true", good, "nowhere", ".", status=125, errors=(
            "waitclose: nowhere: No such file or directory\n" + binary % "true" + "waitclose: .: Is a directory\n"))
        self.assertTrue(shown.startswith("1 leak, 1 open at the end\n1 event\n"), shown)
        whole = gzip.compress(as_text(leak(cookie=at) for at in range(1, 3000)).encode())
        (self.place / "cut.gz").write_bytes(whole[:-20])
        self.run_report("cut.gz", status=125,
                        errors="waitclose: cut.gz: it ends in the middle of what gzip(1) has written\n")

    def test_mistakes(self):
        for words, message in (
            ([], "a log is missing; try 'waitclose help report'"),
            (["--by", "pid", "x"], "'pid' is no value for '--by'; expected site, cause, peer or exe"),
            (["--by"], "option '--by' needs a value; try 'waitclose help report'"),
            (["-x"], "unknown option '-x'; try 'waitclose help report'"),
            (["--modules", "nowhere", "x"], "nowhere: No such file or directory"),
        ):
            with self.subTest(words=words):
                self.assertEqual(self.run_report(*words, status=125, errors="waitclose: %s\n" % message), "")

    def test_memory_does_not_grow_with_events(self):
        def peak():
            """KiB, once it has read what it was given."""
            left = array.array("i", [1])
            harness.wait_for("an empty pipe", lambda: not fcntl.ioctl(process.stdin, termios.FIONREAD, left) and not left[0])
            harness.wait_for("it to wait for more", lambda: "State:\tS" in status.read_text())
            return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1])

        process = self.start(COMMAND, "report", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                             env=harness.environment(preload=False))
        status = pathlib.Path("/proc/%d/status" % process.pid)
        sizes = []
        for start in range(1, 60000, 20000):
            process.stdin.write("".join(as_text([leak(cookie=at), {**leak(cookie=at), "event": "healed"}])
                                        for at in range(start, start + 20000)))
            process.stdin.flush()
            sizes.append(peak())
        process.stdin.close()
        self.assertTrue(process.stdout.read().startswith("60000 leaks, 0 open at the end\n120000 events\n"))
        self.assertEqual(process.wait(harness.PATIENCE), 0)
        self.assertLess(sizes[2] - sizes[0], 512, sizes)


class Fuzzer(Report):
    def test_any_bytes(self):
        """A short run from the seeds; what it finds and keeps goes away with the test."""
        seeds = harness.PROGRAMS.parent / "fuzz" / "events"
        (self.place / "found").mkdir()
        subprocess.run([harness.BUILD / "tests/fuzz/event_fuzz", "-runs=20000", "-max_len=2000", "found", seeds],
                       cwd=self.place, check=True, capture_output=True, timeout=harness.PATIENCE)


class Terminal(Report):
    def on_terminal(self, columns, *words, feed=None, **more):
        """What it writes to a terminal of so many columns: to stdout, or with `feed` to stderr."""
        ours, theirs = pty.openpty()
        subprocess.run(["stty", "cols", str(columns), "rows", "24"], stdin=theirs, check=True)
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": theirs} if feed else {"stdout": theirs}
        process = self.start(COMMAND, "report", *words, env=harness.environment(preload=False, TERM="xterm", **more), **streams)
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
        log = self.write("log", as_json([leak(site="a-module-with-a-name-so-long-that-it-cannot-but-be-cut.so.%d+0x10" % at, cookie=at)
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
                pipe.write(as_text([leak(cookie=at)]).encode())
                pipe.flush()
                if time.monotonic() > end:
                    break
                time.sleep(0.02)

        shown = self.on_terminal(80, "-", feed=slowly)
        self.assertRegex(shown, r"\A\r \d+ events\x1b\[K")
        self.assertTrue(shown.endswith("\r\x1b[K"), shown)
        log = self.write("log", as_text([leak()]))
        self.assertEqual(self.on_terminal(80, log, feed=lambda pipe: None), "")


if __name__ == "__main__":
    unittest.main()
