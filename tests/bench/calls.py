"""calls: what the library adds to the time of one call, in nanoseconds."""

import time

import variants
from instructions import CROWD, EVERYTHING, READS, UNTRACKED, WRITES
from rows import Table
from turns import Stand, Times, stands

GENERATIONS, ROUNDS = 4, 60  # a process may lie well or badly in memory for all its life, so there are several
WATCHED = 2.5  # seconds: the watcher has looked twice by the default policy


def goal_for(kind):
    return 25 if kind in READS + ("again",) else 1


def run(quick):
    kinds = UNTRACKED + WRITES + READS + ("again",)
    under = [variants.bare(), variants.control(), variants.floor(), variants.floor().named("forwarder again"),
             variants.returning(), variants.ours(), variants.ours(EVERYTHING, name="crowded"), *variants.others_before()]
    times = {kind: Times() for kind in kinds}
    for _ in range(1 if quick else GENERATIONS):
        pairs = {"crowded": 100 if quick else CROWD}
        with stands(Stand(variant, variants.program("calls"), "slices", pairs.get(variant.name, 0))
                    for variant in under) as opened:
            for kind in kinds:
                if kind == WRITES[0]:
                    for stand in opened:
                        stand.ask(kind)
                    time.sleep(0 if quick else WATCHED)
                times[kind].take_turns(opened, kind, 8 if quick else ROUNDS)
    table = Table("calls", "Nanoseconds a call; what is added is the median of the differences within a turn")
    for kind, measured in times.items():
        added, crowded = (measured.added(name, "forwarder") for name in ("waitclose", "crowded"))
        goal = goal_for(kind)
        table.add(kind, {
            "bare": measured.median("bare"),
            "bare again adds": measured.added("bare again", "bare"),
            "forwarder adds": measured.added("forwarder", "bare"),
            "and returning": measured.added("forwarder, returns", "bare"),
            "forwarder again": measured.added("forwarder again", "forwarder"),
            "waitclose to forwarder": added,
            "the same, 10,000 sockets": crowded,
            **{"before": measured.added(one.name, "forwarder") for one in variants.others_before()},
        }, f"+{goal} ns" + (", aim +5" if goal == 25 else ""), added <= goal)
    return [table]
