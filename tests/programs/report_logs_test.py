#!/usr/bin/python3
"""waitclose report: logs that are rotated, compressed, shared with other text, torn, or hostile."""
import array
import fcntl
import gzip
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import termios
import unittest

import harness
import reporting


class Logs(reporting.Report):
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
            expected = self.report(self.write("whole", "".join(lines)), status=1)
            self.assertEqual((expected["leaks"], expected["exited"]), (6, 6))
            for order in itertools.permutations(names):
                with self.subTest(order=order):
                    self.assertEqual(self.report(*order, status=1), expected)

    def test_json_in_any_order_by_any_name(self):
        lines = [re.sub(r"\.\d+Z", ".%03dZ" % at, line, count=1)  # they came with one look of the watcher
                 for at, line in enumerate(self.real_log("json"))]
        names = [self.write(name, "".join(part)) for name, part in
                 (("c", lines[:2]), ("a", ["noise\n"] + lines[2:5]), ("b", lines[5:]))]
        for order in itertools.permutations(names):
            self.assertEqual(self.report(*order, status=1)["exited"], 6)
        first, second, third = names
        piped = self.report(third, "-", second, text=first.read_text(), status=1)
        self.assertEqual(piped["exited"], 6)

    def test_dates_in_names(self):
        lines = self.real_log("text")
        names = [self.write(name, "".join(part)) for name, part in
                 (("log-20260130", lines[:2]), ("log-20260131", lines[2:4]), ("log", lines[4:]))]
        for order in itertools.permutations(names):
            self.assertEqual(self.report(*order, status=1)["exited"], 6)

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
            whole = self.report(self.write("stderr", text + "y" * 70000), status=1)
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
            whole = self.report("--by", "exe", log, status=1)
            self.assertEqual(whole["groups"][0]["name"], name)
            text = self.run_report("--by", "exe", log, status=1, LC_ALL="C.UTF-8")
            self.assertNotRegex(text, r"[\x00-\x09\x0b-\x1f\x7f]")
            self.assertNotIn("\né", text)
            self.assertIn('a\\x1b[31m"\\ =,\\x0aé', text)

    def test_what_is_no_log(self):
        binary = "waitclose: %s: not a log: it holds no event, and bytes that are no text\n"
        shutil.copy("/bin/true", self.place / "true")
        self.run_report("true", status=125, errors=binary % "true")
        good = self.write("good", reporting.as_text([reporting.leak()]))
        shown = self.run_report("true", good, "nowhere", ".", status=125, errors=(
            "waitclose: nowhere: No such file or directory\n" + binary % "true" + "waitclose: .: Is a directory\n"))
        self.assertTrue(shown.startswith("1 leak, 1 open at the end\n1 event\n"), shown)
        whole = gzip.compress(reporting.as_text(reporting.leak(cookie=at) for at in range(1, 3000)).encode())
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

        process = self.start(reporting.COMMAND, "report", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                             env=harness.environment(preload=False))
        status = pathlib.Path("/proc/%d/status" % process.pid)
        sizes = []
        for start in range(1, 60000, 20000):
            process.stdin.write("".join(reporting.as_text([reporting.leak(cookie=at), {**reporting.leak(cookie=at), "event": "healed"}])
                                        for at in range(start, start + 20000)))
            process.stdin.flush()
            sizes.append(peak())
        process.stdin.close()
        self.assertTrue(process.stdout.read().startswith("60000 leaks, 0 open at the end\n120000 events\n"))
        self.assertEqual(process.wait(harness.PATIENCE), 0)
        self.assertLess(sizes[2] - sizes[0], 512, sizes)


if __name__ == "__main__":
    unittest.main()
