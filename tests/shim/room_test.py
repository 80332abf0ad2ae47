"""The watcher's two rooms: a table of its own, or the program's, which shows nothing of ours in either."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
import preload

QUICK = "grace=100ms interval=20ms"

# What each thread has open, before the watcher is there and while it works: the main thread's first.
PROGRAM = """
import json, os, socket, threading, time

def tables():
    found = []
    for task in sorted(map(int, os.listdir("/proc/self/task"))):
        table = {}
        for number in os.listdir(f"/proc/self/task/{task}/fd"):
            try:
                table[number] = os.readlink(f"/proc/self/task/{task}/fd/{number}")
            except OSError:
                pass  # the listing's own
        found.append(table)
    return found

before = tables()
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
server, _ = listener.accept()
sockets = [str(each.fileno()) for each in (listener, client, server)]
server.close()
seen = []
for _ in range(60):
    time.sleep(0.01)
    seen.append(tables())
print(json.dumps({"before": before[0], "sockets": sockets, "seen": seen}))
"""


class Rooms(unittest.TestCase):
    def tables(self, room):
        finished = preload.run_with_events([sys.executable, "-c", PROGRAM], QUICK, room)
        self.assertEqual((finished.status, finished.stderr), (0, ""))
        self.assertEqual(len(finished.of("leak")), 1)
        return json.loads(finished.stdout)

    def test_program_sees_nothing_of_ours(self):
        for room in preload.ROOMS:
            with self.subTest(room):
                found = self.tables(room)
                allowed = set(found["before"]) | set(found["sockets"])
                for main, *_ in found["seen"]:
                    self.assertLessEqual(set(main), allowed)

    def test_table_of_its_own(self):
        watched = [watcher for _, *watchers in self.tables("own")["seen"] for watcher in watchers]
        self.assertTrue(watched)
        for table in watched:
            self.assertFalse([target for target in table.values() if target.startswith(("socket:", "pipe:"))], table)
            self.assertTrue(any("eventpoll" in target for target in table.values()), table)

    def test_the_programs_table(self):
        """One thread looks from there; another, which writes the log, may stand outside."""
        found = self.tables("shared")
        for _, *others in found["seen"]:
            for table in others:
                self.assertFalse([target for target in table.values() if "eventpoll" in target or "pidfd" in target])
        main, *others = found["seen"][2]
        self.assertIn(main, others)


if __name__ == "__main__":
    unittest.main()
