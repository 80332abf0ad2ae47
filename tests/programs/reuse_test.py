"""Numbers reused between verdict and action, by a program that takes them away with raw system calls as fast as it
can: whatever lies there by then is never touched.
"""

# tests/run: alone

import re
import subprocess
import unittest

import harness

REUSES = {"fin": 300_000, "reset": 200_000, "close": 500_000}  # a million, in either room
POLICY = "action=%s grace=0 interval=1ms log=/dev/null"
DENY = harness.BUILD / "tests/shim/deny"


def few_processes():
    """A way to start a program where /proc is soon read, so that there are more ends to race with; or none."""
    apart = ["unshare", "--pid", "--fork", "--mount-proc"]
    return apart if subprocess.run(apart + ["true"], capture_output=True).returncode == 0 else []


class Reuse(harness.Case):
    def reuse(self, action, room):
        preload = room == "own"
        command = few_processes() + ([] if preload else [DENY, harness.LIBRARY])
        command += [harness.BUILD / "tests/programs/reuse", str(REUSES[action])]
        finished = subprocess.run(command, capture_output=True, text=True, timeout=250,
                                  env=harness.environment(POLICY % action, preload))
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))
        reused, ended, hit = map(int, re.fullmatch(r"reused (\d+) ended (\d+) hit (\d+)\n", finished.stdout).groups())
        self.assertGreater(reused, REUSES[action] * 0.99)
        self.assertEqual(hit, 0)
        if action != "reset":  # its RST looks like the program's own
            self.assertGreater(ended, 100, "there was nothing to race with")

    def test_own_table(self):
        for action in REUSES:
            with self.subTest(action):
                self.reuse(action, "own")

    def test_shared_table(self):
        for action in REUSES:
            with self.subTest(action):
                self.reuse(action, "shared")


if __name__ == "__main__":
    unittest.main()
