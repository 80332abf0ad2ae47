#!/usr/bin/python3
"""waitclose report: where a socket was made, with and without debug information, stripped, at fixed addresses or not; and
how sure that is."""
import os
import subprocess
import unittest

import harness
import reporting

ARTICLES = harness.PROGRAMS / "articles"


def line_of(words):
    """The number of the line in the server's source that holds these words."""
    return next(number for number, line in enumerate(reporting.SOURCE.read_text().splitlines(), 1) if words in line)


class Symbols(reporting.Report):
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
        sites = self.made_by("--modules", self.place, status=1)
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
        group = self.report("--modules", self.place, self.log, status=1)["groups"][0]
        frames = [frame.get("function") for frame in group["stacks"][0]["frames"]]
        self.assertEqual(frames[:2], ["next_client", "main"])
        self.assertEqual(group["stacks"][0]["frames"][1]["line"], line_of("forget(listener);"))
        self.assertEqual((group["readers"][0]["function"], group["readers"][0]["line"]), ("forget", line_of("while (read(")))
        text = self.run_report("--modules", self.place, self.log, status=1)
        self.assertRegex(text, r"(?m)^1\. forget \(server\.c:\d+\)$")
        self.assertRegex(text, r"(?m)^   stack     #0  next_client in forget at .*\n             #1  main at .*server\.c:\d+, server\+")
        self.assertRegex(text, r"(?m)^   read by   forget at \S+server\.c:\d+")

    def test_separate_debug_file(self):
        program = self.compile("-g", "-Wl,--build-id")
        debug = self.separate_debug(program, self.place / "debug")
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
        self.assertNotIn("function", self.made_by(status=1)["eof-ignored"])
        self.assertEqual(self.whole["modules"], [{"module": "other-name"}])

    def test_found_by_name(self):
        self.finish(self.serve(self.compile("-g"), 1, 0, self.log))
        path = "%s:%s" % (self.place, os.environ["PATH"])
        site = self.made_by(status=1, PATH=path)["eof-ignored"]
        self.assertEqual((site["function"], site.get("doubtful")), ("next_client", None))
        module = self.whole["modules"][0]
        self.assertEqual((module["path"], module["found"], module["changed"]), (str(self.place / "server"), "named", False))
        self.assertIn("symbols   server: %s/server, found by name; not changed since" % self.place,
                      self.run_report(self.log, status=1, PATH=path))
        (self.place / "server").chmod(0o700)
        site = self.made_by(status=1, PATH=path)["eof-ignored"]
        self.assertEqual((site["function"], site["doubtful"]), ("next_client", True))
        text = self.run_report(self.log, status=1, PATH=path)
        self.assertIn("1. forget? (server.c:", text)
        self.assertRegex(text, r"server, found by name; CHANGED since")

    def test_another_build(self):
        """Where an event says that a call was there is none: no symbol is better than a wrong one."""
        self.finish(self.serve(self.compile("-g"), 1, 0, self.log))
        self.compile("-O0", "-fno-inline")
        site = self.made_by("--modules", self.place, status=1)["eof-ignored"]
        self.assertNotIn("function", site)
        self.assertIn("ANOTHER BUILD", self.run_report("--modules", self.place, self.log, status=1))

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


if __name__ == "__main__":
    unittest.main()
