"""growth: sockets against the watcher's CPU time, memory, and the time to tell; beyond 20,000 in several processes,
each with a watcher of its own. By the default interval."""

import contextlib
import pathlib
import statistics
import tempfile
import time

import variants
from rows import Table
from storm import await_lines, leak_times, percentile
from talk import connected

COUNTS, COUNTS_QUICK = (100, 1000, 5000, 10000, 19900, 59700), (100, 2000)
PER_PROCESS = 19900  # of the 20,000 descriptors that a process may have here
WATCHED_S, WATCHED_QUICK_S = 5, 2
GRACE_MS, INTERVAL_MS = 1000, 1000
BYTES = 64  # a socket


class Crowd:
    """So many connections, in as many processes as that takes."""

    def __init__(self, stack, folder, count, shared):
        self.count, self.shared, self.each = count, shared, min(count, PER_PROCESS)
        self.logs = [pathlib.Path(f"{folder}/{count}-{shared}-{number}") for number in range(count // self.each)]
        self.pairs = [stack.enter_context(connected(self.variant(log), self.each)) for log in self.logs]
        self.cpu = self.kib = 0

    def variant(self, log):
        log.touch()
        return policy_of(log, self.shared)

    def watchers(self):
        return sum(holder.watcher_cpu() for holder, _ in self.pairs)

    def finish(self):
        """All peers at once: milliseconds beyond grace to each event, how many had not exactly one, CPU of the watchers."""
        before = self.watchers()
        fins = [dict(peer.ask("fin")) for _, peer in self.pairs]
        for log in self.logs:
            await_lines(log, self.each, (GRACE_MS + 10 * INTERVAL_MS) / 1000)
        spent = self.watchers() - before
        late, wrong = [], 0
        for log, moments in zip(self.logs, fins):
            leaks = leak_times(log)
            late += [(moment - moments[port] / 1e9) * 1000 - GRACE_MS for port, moment in leaks]
            wrong += len(set(moments) ^ {port for port, _ in leaks}) + len(leaks) - len(dict(leaks))
        return late, wrong, spent


def policy_of(log, shared=False):
    return variants.ours(f"grace={GRACE_MS}ms interval={INTERVAL_MS}ms format=json log={log} summary=off", shared)


def run(quick):
    counts = COUNTS_QUICK if quick else COUNTS
    seconds = WATCHED_QUICK_S if quick else WATCHED_S
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        crowds = [Crowd(stack, folder, count, shared) for shared in (False, True) for count in counts
                  if not shared or count <= PER_PROCESS]
        nobody = {shared: stack.enter_context(connected(policy_of("/dev/null", shared), 0))
                  for shared in (False, True)}
        time.sleep(3.2 * INTERVAL_MS / 1000)  # the watchers have looked at them all, and what is to be armed is
        watch_idle(crowds, seconds)
        nothing = {shared: holder.private_kib() for shared, (holder, _) in nobody.items()}
        plain = {count: plain_memory(count) for count in {0} | {crowd.each for crowd in crowds}}
        growth = Table("growth", "Growth; interval=1s; idle, then all peers finish at once (times beyond grace)")
        found = {}
        for crowd in crowds:
            late, wrong, spent = crowd.finish()
            grown = crowd.kib - nothing[crowd.shared] - plain[crowd.each] + plain[0]
            figures = {"sockets": crowd.count, "processes": len(crowd.pairs), "watcher, % of a CPU": crowd.cpu,
                       "bytes a socket": grown * 1024 / crowd.each, "told, median ms": statistics.median(late),
                       "p99, ms": percentile(late, 0.99), "not exactly once": wrong,
                       "watcher, us each": spent / 1000 / crowd.count}
            growth.add("shared table" if crowd.shared else "own table", figures)
            found[crowd.count, crowd.shared] = figures
    return [growth, goals(found, counts)]


def watch_idle(crowds, seconds):
    """Of each crowd the watchers' share of a CPU, and the memory of one process; all at the same time: they do little."""
    before, began = [crowd.watchers() for crowd in crowds], time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - began
    for crowd, spent in zip(crowds, before):
        crowd.cpu = (crowd.watchers() - spent) / 1e9 / passed * 100
        crowd.kib = crowd.pairs[0][0].private_kib()


def plain_memory(count):
    """Of the program itself."""
    with connected(variants.bare(), count) as (holder, _):
        return holder.private_kib()


def goals(found, counts):
    """What the growth comes to for as many sockets as one process may have here."""
    most = max(count for count in counts if count <= PER_PROCESS)
    own, shared, few = found[most, False], found[most, True], found[counts[1], False]
    cpu, memory = "watcher, % of a CPU", "bytes a socket"
    table = Table("idle", f"A watcher with {most} idle tracked sockets")
    table.add("CPU, own table, %", {"found": own[cpu], f"with {counts[1]}": few[cpu]}, "<= 0.01 %, flat", own[cpu] <= 0.01)
    table.add("CPU, shared table, %", {"found": shared[cpu]}, "<= 0.5 %", shared[cpu] <= 0.5)
    table.add("memory, own table, bytes a socket", {"found": own[memory]}, f"<= {BYTES}", own[memory] <= BYTES)
    table.add("memory, shared table, bytes a socket", {"found": shared[memory]}, f"<= {BYTES}", shared[memory] <= BYTES)
    for name, each in (("own", own), ("shared", shared)):
        table.add(f"all FIN at once, {name} table, p99 ms", {"found": each["p99, ms"]}, f"<= {2 * INTERVAL_MS}, each once",
                  each["p99, ms"] <= 2 * INTERVAL_MS and not each["not exactly once"])
    return table
