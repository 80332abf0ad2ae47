"""churn: connections made and closed as fast as the machine does it: the watcher's share, and memory."""

import time

import variants
from rows import Table
from talk import Program

CONNECTIONS, CONNECTIONS_QUICK, PORTIONS = 1_000_000, 40_000, 20


def run(quick):
    portion = (CONNECTIONS_QUICK if quick else CONNECTIONS) // PORTIONS
    under = [variants.bare(), variants.control(), variants.ours()]
    programs = {variant.name: Program(variant, "churn") for variant in under}
    took = {name: 0 for name in programs}
    grown, half, spent = {}, {}, 0
    try:
        for name, program in programs.items():
            program.ask(str(portion // 10))
            time.sleep(0 if quick else 1.5)
            grown[name] = -program.private_kib()
        spent = -programs["waitclose"].watcher_cpu()
        for turn in range(PORTIONS):
            for name, program in programs.items():
                if turn == PORTIONS // 2:
                    half[name] = program.private_kib()
                took[name] += program.ask(str(portion))[0][0]
        spent += programs["waitclose"].watcher_cpu()
        for name, program in programs.items():
            last = program.private_kib()
            grown[name] += last
            half[name] = last - half[name]
    finally:
        for program in programs.values():
            program.end()
    table = Table("churn", f"{portion * PORTIONS} connections one after the other, in turns of {portion}")
    for name in programs:
        ours = name == "waitclose"
        share = spent / took[name] * 100 if ours else None
        table.add(name, {
            "connections/s": portion * PORTIONS / took[name] * 1e9, "to bare": took[name] / took["bare"],
            "grown, KiB": grown[name],
            "in the second half": half[name], "watcher, % of a CPU": share,
        }, "no growth, watcher <= 1 %" if ours else "", half[name] <= 0 and share <= 1 if ours else None)
    return [table]
