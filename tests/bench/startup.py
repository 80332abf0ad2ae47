"""startup: what the library adds to the start of a program, and to the memory of one that opens no TCP socket."""

import os
import statistics
import subprocess
import time

import variants
from rows import Table
from talk import private_kib

STARTS, STARTS_QUICK = 1000, 150
IDLE_MEMORY_KIB = 64


def run(quick):
    return [starts(STARTS_QUICK if quick else STARTS), memory()]


def starts(rounds):
    """In turns, start by start; ratios are of medians to the empty library's."""
    under = [variants.bare(), variants.empty(), variants.empty().named("empty again"), variants.floor(), variants.ours(),
             *variants.others_before()]
    command = [variants.program("starts"), str(rounds), "/bin/true", *(variant.library or "-" for variant in under)]
    done = subprocess.run(command, env=variants.bare().environment(), capture_output=True, text=True, check=True)
    passed, spent = [[] for _ in under], [[] for _ in under]
    for line in done.stdout.splitlines():
        place, wall, cpu = line.split()
        passed[int(place)].append(float(wall))
        spent[int(place)].append(float(cpu))
    table = Table("startup", f"fork + exec of /bin/true, {rounds} times each, in turns")
    for i, variant in enumerate(under):
        ratio, of_cpu = (statistics.median(each[i]) / statistics.median(each[1]) for each in (passed, spent))
        ours = variant.name == "waitclose"
        table.add(variant.name, {
            "median, us": statistics.median(passed[i]), "to the empty library's": ratio,
            "CPU, us": statistics.median(spent[i]), "of CPU": of_cpu,
        }, "<= 1.05 of the empty library's" if ours else "", ratio <= 1.05 if ours else None)
    return table


def memory():
    """Two of each at once, so that what both map of a file is not taken for one's own."""
    under = [variants.bare(), variants.empty(), variants.ours()]
    table = Table("memory", "A process that opens no TCP socket (cat, waiting)")
    first = None
    for variant in under:
        command = variant.command("/bin/cat")
        both = [subprocess.Popen(command, env=variant.environment(), stdin=subprocess.PIPE) for _ in range(2)]
        try:
            settled_private_kib(both[1].pid)
            private = settled_private_kib(both[0].pid)
            threads = len(os.listdir(f"/proc/{both[0].pid}/task"))
        finally:
            for process in both:
                process.communicate()
        first = private if first is None else first
        ours = variant.name == "waitclose"
        table.add(variant.name, {"private, KiB": private, "added, KiB": private - first, "threads": threads},
                  f"no thread, <= {IDLE_MEMORY_KIB} KiB" if ours else "",
                  threads == 1 and private - first <= IDLE_MEMORY_KIB if ours else None)
    return table


def settled_private_kib(process):
    """Once it does not grow any more: the program waits."""
    before, now = -1, 0
    while before != now or not now:
        time.sleep(0.05)
        before, now = now, private_kib(process)
    return now
