#!/usr/bin/python3
"""What the library costs, and how soon it tells. Prints medians and what is added to the bare program; asserts nothing.

Runs take turns (without, forwarders, with the library), and what is added is the median of the
differences within a turn, so that a machine whose speed drifts does not favour one of them.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
ROUNDS = 3 if os.environ.get("QUICK") else 15
LIBRARY = f"{BUILD}/libwaitclose.so"
JUMPS = f"{BUILD}/tests/bench/forwarder_jumps.so"
RETURNS = f"{BUILD}/tests/bench/forwarder_returns.so"
DENY = f"{BUILD}/tests/shim/deny"


def under(library, policy, shared=False):
    """The environment, and what stands before the command. In the shared table `deny` does the preloading itself."""
    environment = {**os.environ, "LD_PRELOAD": "" if shared else library, "WAITCLOSE": policy}
    return environment, [DENY, library] if shared else []


def one(kind, library="", policy="", watched=False, shared=False):
    environment, wrapper = under(library, policy, shared)
    command = [*wrapper, f"{BUILD}/tests/bench/calls", kind] + (["watched"] if watched else [])
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    return float(done.stderr.split()[-1])


def in_turns(variants):
    """Of the first variant its median; of each other the median of what it adds to the first in the same round."""
    times = {name: [] for name in variants}
    for _ in range(ROUNDS):
        for name, run in variants.items():
            times[name].append(run())
    first, *others = times
    added = {name: statistics.median(one - bare for one, bare in zip(times[name], times[first])) for name in others}
    return {first: statistics.median(times[first]), **added}


def table(title, rows):
    print(f"\n{title}")
    for row in rows:
        print("  " + "  ".join(f"{cell:>18}" for cell in row))


def added_by_the_hooks():
    rows = [("call", "bare, ns", "jump adds", "return adds", "library adds")]
    for kind, label in (("read", "read /dev/zero"), ("recv", "recv, tracked"), ("again", "recv, EAGAIN")):
        medians = in_turns({
            "bare": lambda: one(kind),
            "jumps": lambda: one(kind, JUMPS),
            "returns": lambda: one(kind, RETURNS),
            "library": lambda: one(kind, LIBRARY, "grace=1h"),
        })
        rows.append((label, f"{medians['bare']:.1f}", *(f"{medians[name]:+.1f}" for name in ("jumps", "returns", "library"))))
    table("Added to one call, ns", rows)


def added_by_the_watcher():
    rows = [("call", "no watcher, ns", "own table adds", "shared table adds")]
    for kind in ("read", "write", "recv", "malloc", "putc"):
        medians = in_turns({
            "none": lambda: one(kind, LIBRARY, "watch=off", True),
            "own": lambda: one(kind, LIBRARY, "interval=50ms grace=1h", True),
            "shared": lambda: one(kind, LIBRARY, "interval=50ms grace=1h", True, True),
        })
        rows.append((kind, f"{medians['none']:.1f}", f"{medians['own']:+.1f}", f"{medians['shared']:+.1f}"))
    table("Added to a single-threaded program's calls once the watcher runs, ns", rows)


def time_to_tell(count, some, gap_us, shared):
    grace, interval = 1000, 100
    with tempfile.TemporaryDirectory() as folder:
        log = f"{folder}/events"
        policy = f"grace={grace}ms interval={interval}ms format=json log={log} summary=off"
        environment, wrapper = under(LIBRARY, policy, shared)
        command = [*wrapper, f"{BUILD}/tests/bench/storm", str(count), str(some), str(gap_us), str((grace + 20 * interval) * 1000)]
        output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
        fins = {int(port): int(moment) / 1e9 for port, moment in (line.split() for line in output.splitlines())}
        late, seen = [], 0
        with open(log, encoding="utf-8") as events:
            for line in events:
                event = json.loads(line)
                stamp = seconds(event["time"])
                port = int(event["local"].rsplit(":", 1)[1])
                if event["event"] == "leak" and port in fins:
                    seen += 1
                    late.append((stamp - fins[port]) * 1000 - grace)
        late.sort()
        return seen, statistics.median(late), late[int(len(late) * 0.99)], interval


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def how_soon_it_tells():
    rows = [("open sockets", "FINs", "table", "reported", "median, ms", "p99, ms", "interval, ms")]
    for count, some, gap in ((9000, 1000, 500), (9000, 9000, 0)):
        for shared in (False, True):
            seen, median, p99, interval = time_to_tell(count, some, gap, shared)
            rows.append((2 * count, some, "shared" if shared else "own", seen, f"{median:.0f}", f"{p99:.0f}", interval))
    table("From FIN to report, beyond grace", rows)


def how_soon_it_ends():
    grace, interval = 1000, 100
    rows = [("sockets", "action", "table", "median, ms", "p99, ms", "CPU after, ms/s", "missed")]
    for count in (1000, 9000):
        for action, shared in (("fin", False), ("close", False), ("close", True)):
            policy = f"action={action} grace={grace}ms interval={interval}ms log=none"
            environment, wrapper = under(LIBRARY, policy, shared)
            command = [*wrapper, f"{BUILD}/tests/bench/ends", str(count), str(grace)]
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
            rows.append((count, action, "shared" if shared else "own", *done.stdout.split()))
    table(f"All peers finish at once: from grace to the peer's FIN, interval {interval} ms; and what an epoll that watches "
          "the ended for nothing costs then", rows)


if __name__ == "__main__":
    added_by_the_hooks()
    added_by_the_watcher()
    how_soon_it_tells()
    how_soon_it_ends()
