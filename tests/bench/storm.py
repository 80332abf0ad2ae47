"""storm: all peers finish at once. How long after `grace` each leak is reported, or ended, and what the program's own
requests lose meanwhile."""

import json
import pathlib
import statistics
import tempfile
import time
from datetime import datetime

import variants
from rows import Table
from talk import connected

SOCKETS, SOCKETS_QUICK = 19900, 2000  # of the 20,000 descriptors that a process may have here
GRACE_MS, INTERVAL_MS = 1000, 100
ROUNDS, LONG_S = 2, 30  # one only where it takes longer
WORK_BEFORE_MS = 1000


def run(quick):
    count = SOCKETS_QUICK if quick else SOCKETS
    return [telling(count), ending(count, 1 if quick else ROUNDS)]


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def leak_times(log):
    """Of each event that tells of a leak: the program's port, and the moment in seconds."""
    with open(log, encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    return [(int(event["local"].rsplit(":", 1)[1]), datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp())
            for event in events if event["event"] == "leak"]


def told(count, shared=False):
    """Milliseconds beyond grace from each FIN to its event, how many had not exactly one, and the watcher's CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(f"{folder}/events")
        log.touch()
        policy = f"grace={GRACE_MS}ms interval={INTERVAL_MS}ms format=json log={log} summary=off"
        with connected(variants.ours(policy, shared), count) as (holder, peer):
            time.sleep(3 * INTERVAL_MS / 1000)  # the watcher has met them all
            before = holder.watcher_cpu()
            fins = dict(peer.ask("fin"))
            await_lines(log, count, GRACE_MS / 1000 + 10)
            spent = (holder.watcher_cpu() - before) / 1e9
        leaks = leak_times(log)
    late = [(moment - fins[port] / 1e9) * 1000 - GRACE_MS for port, moment in leaks if port in fins]
    ports = [port for port, _ in leaks if port in fins]
    return late, len(set(fins) ^ set(ports)) + len(ports) - len(set(ports)), spent


def await_lines(path, count, seconds):
    """And a moment longer, for what is too many."""
    until, lines = time.monotonic() + seconds, 0
    with open(path, "rb") as file:
        while lines < count and time.monotonic() < until:
            lines += file.read().count(b"\n")
            time.sleep(0.02)
    time.sleep(3 * INTERVAL_MS / 1000)


class Ended:
    """One storm under a policy that ends: to each peer's own FIN, and what the program's requests came to meanwhile."""

    def __init__(self, variant, count, interval):
        meanwhile = GRACE_MS + 3 * interval
        with connected(variant, count) as (holder, peer):
            time.sleep(2.2 * interval / 1000)  # the watcher has met them all
            before = holder.ask(f"work {WORK_BEFORE_MS}")
            spent = holder.watcher_cpu()
            holder.say(f"work {meanwhile}")
            fins = dict(peer.ask("fin"))
            ends = dict(peer.ask(f"await {meanwhile}"))
            slots = holder.answer()
            self.watcher_us = (holder.watcher_cpu() - spent) / 1000 / count
        self.late = [(ends[port] - moment) / 1e6 - GRACE_MS for port, moment in fins.items() if port in ends]
        self.missed = len(fins) - len(ends)
        # The FINs themselves have passed: from here on it is the policy's doing.
        after = [slot for slot in slots if slot[0] > max(fins.values()) + 50e6]
        self.kept = rate(after, wall) / rate(before, wall)
        self.kept_of_cpu = rate(after, cpu) / rate(before, cpu)


def wall(slots):
    return len(slots)


def cpu(slots):
    return sum(spent for _, _, spent in slots)


def rate(slots, by):
    return sum(made for _, made, _ in slots) / by(slots)


def telling(count):
    table = Table("storm", f"All {count} peers finish at once, milliseconds beyond grace; interval={INTERVAL_MS}ms")
    for shared in (False, True):
        late, wrong, spent = told(count, shared)
        p99 = percentile(late, 0.99)
        table.add("told, " + ("shared table" if shared else "own table"), {
            "sockets": count, "median": statistics.median(late), "p99": p99, "most": max(late), "not exactly once": wrong,
            "watcher, us each": spent / count * 1e6,
        }, f"p99 <= {2 * INTERVAL_MS} ms, each once", p99 <= 2 * INTERVAL_MS and not wrong)
    return table


def ending(count, rounds):
    """The bare program has the same storm, and nobody ends anything; what it loses is the FINs' and the machine's doing."""
    table = Table("ending", "The same storm under action=close: to the peer's FIN, and the program's own requests meanwhile")
    under = [variants.bare(), variants.control(), closing(1000)]
    found, began = {variant.name: [] for variant in under}, time.monotonic()
    for round_ in range(rounds):
        if round_ and time.monotonic() - began > LONG_S:
            break
        for variant in under:
            found[variant.name].append(Ended(variant, count, 1000))
    add_ends(table, count, 1000, found["waitclose"])
    add_ends(table, count, 100, [Ended(closing(100), count, 100)])
    for what, of in (("a second", "kept"), ("a second of its CPU", "kept_of_cpu")):
        kept = {name: statistics.median(getattr(one, of) for one in storms) for name, storms in found.items()}
        ours, again = kept["waitclose"] / kept["bare"], kept["bare again"] / kept["bare"]
        table.add(f"requests {what}, to bare", {"bare again": again, "waitclose": ours}, ">= 0.98",
                  ours >= 0.98 if abs(again - 1) <= 0.02 else None)
    return table


def closing(interval):
    return variants.ours(f"grace={GRACE_MS}ms interval={interval}ms action=close log=none")


def add_ends(table, count, interval, storms):
    late = [each for one in storms for each in one.late] or [0.0]
    missed = sum(one.missed for one in storms)
    table.add(f"ended, interval={interval}ms", {
        "sockets": count, "median": statistics.median(late), "p99": percentile(late, 0.99), "most": max(late),
        "not ended in time": missed / len(storms),
        "watcher, us each": statistics.mean(one.watcher_us for one in storms),
    }, f"p99 <= {2 * interval} ms", percentile(late, 0.99) <= 2 * interval and not missed)
