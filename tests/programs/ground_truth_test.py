"""Ground truth: thousands of sockets whose fate is known. Every leak is reported once, with its cause, and nothing else.

ground_truth (see its main.c) plays the scenarios and writes down the truth; here it is compared, cookie
by cookie, with what the library has said. 20 seeds, in either of the watcher's rooms; all figures must be 0.
"""

# tests/run: alone

import collections
import concurrent.futures
import os
import pathlib
import socket
import sys
import tempfile
import threading
import unittest
from typing import NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "shim/support"))
import preload  # noqa: E402

PROGRAM = preload.BUILD / "tests/programs/ground_truth"
SEEDS, ENDING_SEEDS = range(1, 21), range(1, 4)
SOCKETS = 2000
GRACE, UNREAD_GRACE, IDLE = 1000, 2000, 1300  # ms
WORKERS = 3  # programs at once; they sleep most of the time
TIMEOUT = 60  # seconds
TOO_SLOW, ATTEMPTS = 75, 5  # the program's word for a machine too busy for the truth to be certain
FLAGS = ("tls_close_notify", "dead_on_accept", "shared")
WRONGS = ("missed", "false", "cause", "dir", "flags", "twice", "healed", "harmed")


class Truth(NamedTuple):
    """What is to be said of one socket, in one process that holds it. A line of the program's file."""

    process: str
    cookie: str
    expected: str  # innocent; leak; healed: reported, and closed after all
    cause: str
    dir: str
    flags: str
    scenario: str


class Ports:
    """Ports in a row that are free in IPv4 and IPv6, below those that the kernel hands out; never the same twice."""

    def __init__(self, count):
        self.count = count
        self.lock = threading.Lock()
        self.starts = iter(range(20000 + os.getpid() % 100 * 60, 32000, count))

    @staticmethod
    def is_free(port):
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with socket.socket(family) as trial:
                try:
                    trial.bind((address, port))
                except OSError:
                    return False
        return True

    def take(self):
        with self.lock:
            return next(start for start in self.starts if all(map(self.is_free, range(start, start + self.count))))


PORTS = Ports(3)


def play(room, seed, action):
    """One run: the truth, and the events. The program itself makes sure that its innocent sockets go on working."""
    for _ in range(ATTEMPTS):
        port = PORTS.take()
        with tempfile.TemporaryDirectory() as directory:
            truth = pathlib.Path(directory) / "truth"
            arguments = (seed, SOCKETS, truth, port, GRACE, UNREAD_GRACE)
            policy = f"action={action} interval=50ms grace={GRACE}ms unread-grace={UNREAD_GRACE}ms [port={port}-{port + 2}] idle={IDLE}ms"
            finished = preload.run_with_events([str(PROGRAM), *map(str, arguments)], policy, room, TIMEOUT, awaits=True)
            if finished.status == TOO_SLOW:
                continue
            if finished.status != 0 or finished.stdout or finished.stderr:
                raise AssertionError(f"status {finished.status}: {finished.stdout}{finished.stderr}")
            lines = truth.read_text().splitlines()
            return [Truth(*line.split("\t")) for line in lines], finished.events
    raise AssertionError(f"too slow {ATTEMPTS} times: {finished.stderr}")


def by_socket(events, kind):
    found = collections.defaultdict(list)
    for event in events:
        if event["event"] == kind:
            found[str(event["pid"]), event["cookie"]].append(event)
    return found


def flags_of(event):
    return ",".join(flag for flag in FLAGS if event.get(flag))


def judge(truth, leaks, healed, ends):
    """What is wrong with what was said of one socket, and done to it."""
    if ends and (not leaks or truth.expected == "innocent" or len(ends) > 1 or ends[0]["result"] != "ok"):
        return ["harmed"]
    if not leaks:
        return ["missed"] if truth.expected != "innocent" else ["healed"] if healed else []
    if truth.expected == "innocent":
        return ["false"]
    said = leaks[0]
    wrongs = [name for name in ("cause", "dir") if said[name] != getattr(truth, name)]
    wrongs += ["flags"] if flags_of(said) != truth.flags else []
    wrongs += ["twice"] if len(leaks) > 1 else []
    wrongs += ["healed"] if len(healed) != (truth.expected == "healed") else []
    return wrongs


def judge_summary(truths, events):
    """What is wrong with the program's own count."""
    program = int(truths[0].process)
    said = [event for event in events if event["event"] == "summary" and event["pid"] == program]
    expected = collections.Counter(truth.cause for truth in truths if truth.expected != "innocent" and int(truth.process) == program)
    expected["leaks"] = sum(expected.values())
    expected["healed"] = sum(truth.expected == "healed" for truth in truths)
    if len(said) != 1:
        return [f"{len(said)} summaries"]
    return [f"summary: {key}={said[0].get(key)}, not {count}" for key, count in expected.items() if said[0].get(key) != count]


class Tally:
    """Over all seeds: how many sockets each scenario had, and how many of them were found or wrongly judged."""

    def __init__(self):
        self.counts = collections.defaultdict(collections.Counter)
        self.problems = []

    def add(self, seed, truths, events):
        kinds = [by_socket(events, kind) for kind in ("leak", "healed", "action")]
        for truth in truths:
            said, closed, ends = (found.pop((truth.process, truth.cookie), []) for found in kinds)
            wrongs = judge(truth, said, closed, ends)
            key = truth.expected, truth.cause if truth.expected != "innocent" else "", truth.scenario
            self.counts[key].update({"sockets": 1, "reported": bool(said), "ended": len(ends), **dict.fromkeys(wrongs, 1)})
            if wrongs:
                self.problems.append(f"seed {seed}: {', '.join(wrongs)}: {truth} {said} {closed}")
        unknown = [event for found in kinds for events in found.values() for event in events]
        unknown += [event for event in events if event["event"] not in ("leak", "healed", "action", "summary")]
        self.problems += [f"seed {seed}: not expected: {event}" for event in unknown]
        self.problems += [f"seed {seed}: {problem}" for problem in judge_summary(truths, events)]

    def table(self, room):
        columns = ("sockets", "reported", "ended", *WRONGS)
        lines = [f"{room:<68}" + "".join(f"{column:>10}" for column in columns)]
        for (expected, cause, scenario), counts in sorted(self.counts.items()):
            name = f"{cause or expected}: {scenario}" + " (innocent)" * (expected == "innocent" and bool(cause))
            lines.append(f"{name:<68.68}" + "".join(f"{counts[column]:>10}" for column in columns))
        total = sum(self.counts.values(), collections.Counter())
        lines.append(f"{'all':<68}" + "".join(f"{total[column]:>10}" for column in columns))
        return "\n".join(lines)


def all_seeds(room, seeds, action):
    tally = Tally()
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for seed, (truths, events) in zip(seeds, pool.map(lambda seed: play(room, seed, action), seeds)):
            tally.add(seed, truths, events)
    return tally


class GroundTruth(unittest.TestCase):
    maxDiff = None

    def hold(self, room, seeds=SEEDS, action="report"):
        tally = all_seeds(room, seeds, action)
        print(tally.table(f"{room} {action}"), flush=True)
        self.assertEqual(tally.problems[:20], [], f"{len(tally.problems)} problems")
        return sum(counts["ended"] for counts in tally.counts.values())

    def test_own_table(self):
        self.assertEqual(self.hold("own"), 0)

    def test_shared_table(self):
        self.assertEqual(self.hold("shared"), 0)

    def test_what_is_ended(self):
        """Each action, in either room: of the leaks those that it can end, and nothing else."""
        for room in preload.ROOMS:
            for action in ("fin", "reset", "close"):
                with self.subTest(room=room, action=action):
                    self.assertGreater(self.hold(room, ENDING_SEEDS, action), len(ENDING_SEEDS) * SOCKETS / 4)


if __name__ == "__main__":
    unittest.main()
