"""On a machine with millions of descriptors it takes long to read who else holds a socket. A program that ends
meanwhile is not held up until then, and its summary is written."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
import preload

DESCRIPTORS, PROCESSES = 10000, 2000  # the kernel needs at least ten seconds to tell of so many
UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
SCRIPT = 'LD_PRELOAD= mount --rbind /proc "$0/real" && LD_PRELOAD= mount --bind "$0/proc" /proc && exec "$1"'


def make_proc(place):
    """In which there are ourselves, and others that have a lot open."""
    for directory in "real", "proc", "process/fd":
        (place / directory).mkdir(parents=True)
    for number in range(DESCRIPTORS):
        os.symlink("socket:[1]", place / "process/fd" / str(number))
    for number in range(PROCESSES):
        os.symlink(place / "process", place / "proc" / str(10_000_000 + number))
    os.symlink(place / "real/self", place / "proc/self")


class LargeProc(unittest.TestCase):
    def test_end_while_it_is_read(self):
        if subprocess.run([*UNSHARE, "true"], stderr=subprocess.DEVNULL).returncode != 0:
            return  # where that is not allowed, there is nothing to put in the place of /proc
        for room in preload.ROOMS:
            with self.subTest(room), tempfile.TemporaryDirectory() as directory:
                make_proc(Path(directory))
                finished = preload.run_with_events(
                    [*UNSHARE, "sh", "-c", SCRIPT, directory, preload.program("eof_unread")],
                    "action=close grace=100ms interval=20ms summary=on", room, awaits=True)
                self.assertEqual((finished.status, finished.stderr), (0, ""))
                told = [event["event"] for event in finished.events if event["exe"] == "eof_unread"]
                self.assertEqual(told, ["leak", "leak", "summary"])


if __name__ == "__main__":
    unittest.main()
