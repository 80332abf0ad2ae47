"""A short run of each fuzzer from its seeds; README says how to let one run for longer."""

import subprocess
import tempfile
import unittest

import harness

FUZZ = harness.PROGRAMS.parent / "fuzz"


class Fuzzers(unittest.TestCase):
    def run_from(self, name, seeds):
        """What it finds and keeps goes away with the test."""
        with tempfile.TemporaryDirectory() as found:
            command = [harness.BUILD / "tests/fuzz" / name, "-runs=20000", "-max_len=2000", found, FUZZ / seeds]
            finished = subprocess.run(command, cwd=found, capture_output=True, text=True, timeout=4 * harness.PATIENCE)
            self.assertEqual(finished.returncode, 0, finished.stderr[-5000:])

    def test_policy(self):
        self.run_from("policy_fuzz", "policy")

    def test_readers_of_events(self):
        self.run_from("event_fuzz", "events")

    def test_writer_of_events(self):
        self.run_from("report_fuzz", "reports")


if __name__ == "__main__":
    unittest.main()
