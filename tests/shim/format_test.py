"""The event lines, to the letter of the contract: every field, in its order."""

import json
import re
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
import preload

QUICK = "grace=100ms interval=20ms"
ADDRESS, SECONDS, CODE = r"127\.0\.0\.1:\d+", r"\d+\.\d", r"eof_ignored\+0x[0-9a-f]+"

LEAK = (
    rf"waitclose: leak pid=\d+ exe=eof_ignored fd=\d+ cause=eof-ignored state=CLOSE_WAIT dir=(?:in|out) local={ADDRESS} "
    rf"peer={ADDRESS} open_s={SECONDS} fin_s={SECONDS} sent_s={SECONDS} recv_q=0 send_q=0 rx=\d+ tx=\d+ "
    rf"site={CODE} reader={CODE} cookie=0x[0-9a-f]+"
)
SUMMARY = r"waitclose: summary pid=\d+ exe=eof_ignored sockets=6 leaks=2 eof-ignored=2 healed=0 acted=0"

LEAK_KEYS = (
    "time event pid exe fd cause state dir local peer open_s fin_s sent_s recv_q send_q rx tx site reader cookie"
).split()


class Text(unittest.TestCase):
    def test_lines(self):
        for room in preload.ROOMS:
            with self.subTest(room):
                finished = preload.run([preload.program("eof_ignored")], QUICK, room)
                self.assertEqual((finished.status, finished.stdout), (0, ""))
                self.assertRegex(finished.stderr, rf"\A{LEAK}\n{LEAK}\n{SUMMARY}\n\Z")

    def test_true_is_written_out(self):
        finished = preload.run([preload.program("dead_on_accept")], "grace=200ms interval=20ms")
        self.assertRegex(finished.stderr, r"site=\S+ dead_on_accept=true cookie=")

    def test_stack(self):
        if not preload.holds("glibc"):
            self.assert_stack_refused()
            return
        program = preload.program("eof_ignored")
        finished = preload.run([program], QUICK + " stack=4")
        stacks = re.findall(r" stack=(\S+) site_build=(\S+) cookie=", finished.stderr)
        self.assertEqual(len(stacks), 2, finished.stderr)
        for frames, build in stacks:
            self.assertEqual(build, preload.build_id(program))
            self.assertRegex(frames, rf"^{CODE}(,[\w.-]+\+0x[0-9a-f]+)+$")
            self.assertLessEqual(len(frames.split(",")), 4)

    def assert_stack_refused(self):
        """Debian's musl comes without a libgcc_s.so.1. Then the library stands aside."""
        finished = preload.run([preload.program("eof_ignored")], QUICK + " stack=4")
        said = "waitclose: stack=: there is no libgcc_s.so.1 to walk stacks with; expected stack=0\n"
        self.assertEqual((finished.status, finished.stdout, finished.stderr), (0, "", said))


class Json(unittest.TestCase):
    def leaks(self, policy=""):
        finished = preload.run([preload.program("eof_ignored")], f"{QUICK} format=json {policy}")
        self.assertEqual(finished.status, 0)
        events = [json.loads(line) for line in finished.stderr.splitlines()]
        self.assertEqual([event["event"] for event in events], ["leak", "leak", "summary"])
        return events[:2]

    def test_keys_in_order(self):
        for leak in self.leaks():
            self.assertEqual(list(leak), LEAK_KEYS)

    def test_values(self):
        for leak in self.leaks():
            self.assertRegex(leak["time"], r"^20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d\.\d{3}Z$")
            for key in ("pid", "fd", "recv_q", "send_q", "rx", "tx"):
                self.assertIs(type(leak[key]), int, key)
            for key in ("open_s", "fin_s", "sent_s"):
                self.assertIs(type(leak[key]), float, key)
            self.assertRegex(leak["local"], f"^{ADDRESS}$")
            self.assertRegex(leak["cookie"], "^0x[0-9a-f]+$")

    def test_ages(self):
        for leak in self.leaks():
            self.assertGreaterEqual(leak["fin_s"], 0.1)
            self.assertGreaterEqual(leak["open_s"], leak["fin_s"] - 0.1)

    def test_stack_names_the_program_first(self):
        if not preload.holds("glibc"):
            return  # refused, see above
        for leak in self.leaks("stack=8"):
            self.assertEqual(list(leak), LEAK_KEYS[:-1] + ["stack", "site_build", "cookie"])
            self.assertEqual(leak["site_build"], preload.build_id(preload.program("eof_ignored")))
            self.assertRegex(leak["stack"][0], f"^{CODE}$")
            self.assertEqual(leak["stack"][0], leak["site"])
            self.assertTrue(2 <= len(leak["stack"]) <= 8, leak["stack"])
            self.assertTrue(any(frame.startswith("libc") for frame in leak["stack"]), leak["stack"])


class Escaping(unittest.TestCase):
    """A program's name is the outside's: whatever stands in it, a line is one line, and JSON is JSON."""

    name = 'we\nird "name\\ \x01 x=y'

    def run_renamed(self, policy):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / self.name
            shutil.copy(preload.program("eof_ignored"), path)
            return preload.run([str(path)], policy)

    def test_json(self):
        lines = self.run_renamed(QUICK + " format=json").stderr.splitlines()
        self.assertEqual(len(lines), 3)
        for line in lines:
            self.assertEqual(json.loads(line)["exe"], self.name)

    def test_text(self):
        finished = self.run_renamed(QUICK)
        self.assertEqual(len(re.findall(r"^waitclose: ", finished.stderr, re.M)), 3)
        self.assertEqual(finished.stderr.count("\n"), 3)
        self.assertNotIn("\x01", finished.stderr)
        self.assertRegex(finished.stderr, r'exe="we\\x0aird \\"name\\\\ \S+ x=y" fd=')


if __name__ == "__main__":
    unittest.main()
