"""churn: connections made and closed as fast as the machine does it: the watcher's share, and memory."""

import time

import variants
from rows import Table
from talk import Program

CONNECTIONS, CONNECTIONS_QUICK, PORTIONS = 1_000_000, 40_000, 20
SECONDS = 60  # no longer, on a machine where it takes long


def run(quick):
    portion = (CONNECTIONS_QUICK if quick else CONNECTIONS) // PORTIONS
    under = [variants.bare(), variants.control(), variants.ours()]
    programs = {variant.name: Program(variant, "churn") for variant in under}
    took = {name: 0 for name in programs}
    held, turns, began = {name: [] for name in programs}, 0, time.monotonic()
    try:
        for name, program in programs.items():
            program.ask(str(portion // 10))
            time.sleep(0 if quick else 1.5)
            held[name].append(program.private_kib())
        spent = -programs["waitclose"].watcher_cpu()
        while turns < PORTIONS and (turns < 2 or time.monotonic() - began < SECONDS):
            for name, program in programs.items():
                took[name] += program.ask(str(portion))[0][0]
                held[name].append(program.private_kib())
            turns += 1
        spent += programs["waitclose"].watcher_cpu()
    finally:
        for program in programs.values():
            program.end()
    table = Table("churn", f"{portion * turns} connections one after the other, in turns of {portion}")
    for name in programs:
        ours = name == "waitclose"
        grown = held[name][-1] - held[name][len(held[name]) // 2]
        share = spent / took[name] * 100 if ours else None
        table.add(name, {
            "connections/s": portion * turns / took[name] * 1e9, "to bare": took[name] / took["bare"],
            "grown, KiB": held[name][-1] - held[name][0],
            "in the second half": grown, "watcher, % of a CPU": share,
        }, "no growth, watcher <= 1 %" if ours else "", grown <= 0 and share <= 1 if ours else None)
    return [table]
