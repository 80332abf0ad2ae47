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
ROUNDS = 2
WORK_BEFORE_MS, WORK_AFTER_MS = 1000, 2000


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


def ended(variant, count):
    """The same from each FIN to the peer's own; the program's requests in 50 ms before and meanwhile; the watcher's CPU."""
    with connected(variant, count) as (holder, peer):
        holder.ask("work 300")
        cpu = holder.watcher_cpu()
        before = [made for _, made in holder.ask(f"work {WORK_BEFORE_MS}")]
        holder.say(f"work {WORK_AFTER_MS}")
        fins = dict(peer.ask("fin"))
        theirs = dict(peer.ask(f"await {WORK_AFTER_MS - 500}"))
        slots = holder.answer()
        cpu = (holder.watcher_cpu() - cpu) / 1e9
    late = [(theirs[port] - moment) / 1e6 - GRACE_MS for port, moment in fins.items() if port in theirs]
    last = max(fins.values())  # the FINs themselves have passed: from here on it is the policy's doing
    until = last + int((GRACE_MS + 4 * INTERVAL_MS) * 1e6)
    after = [made for moment, made in slots if last + 50e6 < moment <= until]
    return late, len(fins) - len(theirs), statistics.mean(before), statistics.mean(after), cpu


def run(quick):
    count = SOCKETS_QUICK if quick else SOCKETS
    return [telling(count), ending(count, 1 if quick else ROUNDS)]


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
    policy = f"grace={GRACE_MS}ms interval={INTERVAL_MS}ms action=close log=none"
    under = [variants.bare(), variants.control(), variants.ours(policy)]
    found = {variant.name: [] for variant in under}
    for _ in range(rounds):
        for variant in under:
            found[variant.name].append(ended(variant, count))
    kept = {name: [after / before for _, _, before, after, _ in rounds_] for name, rounds_ in found.items()}
    late = [each for one in found["waitclose"] for each in one[0]]
    missed = sum(one[1] for one in found["waitclose"])
    p99 = percentile(late, 0.99) if late else float("inf")
    kept_ours, kept_again = (statistics.median(one / bare for one, bare in zip(kept[name], kept["bare"]))
                             for name in ("waitclose", "bare again"))
    table = Table("ending", "The same storm under action=close: to the peer's FIN, and the program's own requests meanwhile")
    table.add("ended", {"sockets": count, "median": statistics.median(late), "p99": p99, "most": max(late),
                        "not ended": missed,
                        "watcher, us each": statistics.mean(one[4] for one in found["waitclose"]) / count * 1e6}, f"p99 <= {2 * INTERVAL_MS} ms", p99 <= 2 * INTERVAL_MS and not missed)
    table.add("requests kept", {"bare again": kept_again, "waitclose": kept_ours}, ">= 0.98 of the bare program's",
              kept_ours >= 0.98)
    return table
