"""cycle: socket, connect, accept and two closes, beside the forwarder's; and with frames kept of where it was."""

import time

import variants
from instructions import count_of
from rows import Table
from turns import Stand, Times, stands

GENERATIONS, ROUNDS = 6, 100


def run(quick):
    stack = "stack=16"
    before = {"cycle": variants.others_before(), "deep-cycle": variants.others_before(stack, f"before, {stack}")}
    under = [variants.bare(), variants.floor(), variants.floor().named("forwarder again"), variants.ours(),
             variants.ours(stack, name=stack), *before["cycle"], *before["deep-cycle"]]
    times = {"cycle": Times(), "deep-cycle": Times()}
    for _ in range(1 if quick else GENERATIONS):
        with stands(Stand(variant, variants.program("calls"), "slices", 1) for variant in under) as opened:
            time.sleep(0.2)
            for kind, measured in times.items():
                measured.take_turns(opened, kind, 60 if quick else ROUNDS)
    table = Table("cycle", "socket + connect + accept + close, close; ratios are medians of those within a turn")
    for kind, variant, goal in (("cycle", under[3], 1.01), ("deep-cycle", under[4], 1.15)):
        measured = times[kind]
        ratio = measured.ratio(variant.name, "forwarder")
        floor, ours = (count_of(one, kind, calls=1) for one in (variants.floor(), variant))
        table.add("from main" if kind == "cycle" else "20 deep, stack=16", {
            "bare, us": measured.median("bare") / 1000,
            "forwarder, us": measured.median("forwarder") / 1000,
            "forwarder again": measured.ratio("forwarder again", "forwarder"),
            "waitclose, us": measured.median(variant.name) / 1000,
            "to forwarder": ratio,
            "instructions added": ours - floor,
            **{one.name: measured.ratio(one.name, "forwarder") for one in before[kind]},
        }, f"<= {goal:.2f} of the forwarder's", ratio <= goal)
    return [table]
