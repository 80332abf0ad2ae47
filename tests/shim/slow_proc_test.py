"""Who else holds a socket is read from /proc, which takes long on a machine with many descriptors: whoever waits for the
watcher does not wait for that."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
import preload

OTHERS = 300  # descriptors of another process: ours
SLOWLY = "readlinkat:delay_enter=20000"  # microseconds for each: in all twice as long as the end waits for a last look


class SlowProc(unittest.TestCase):
    def setUp(self):
        for _ in range(OTHERS):
            self.addCleanup(os.close, os.dup(0))

    def run_slowly(self, name, policy):
        with tempfile.TemporaryDirectory() as directory:
            log = Path(directory) / "events"
            preloaded = ["-E", f"LD_PRELOAD={preload.LIBRARY}", "-E", f"WAITCLOSE={policy} log={log}"]
            command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=readlinkat", "-e", f"inject={SLOWLY}"]
            finished = preload.finish([*command, *preloaded, preload.program(name)], 60, env=preload.clean_environment())
            self.assertEqual((finished.status, finished.stdout), (0, ""), finished.stderr)
            return log.read_text()

    def test_the_last_look_of_a_forked_child(self):
        """Naive: the program's end waits, gives up, and its leak is never told of."""
        said = self.run_slowly("leaks_in_child", "grace=1ms interval=5ms")
        self.assertEqual(said.count("waitclose: leak"), 1, said)

    def test_a_change_of_rights(self):
        """Naive: setuid() returns before the watcher has followed."""
        self.run_slowly("change_of_user_shared", "grace=1ms interval=5ms")


if __name__ == "__main__":
    unittest.main()
