"""single_thread: what a program pays that had one thread, once the watcher runs: in a table of its own, sharing the
program's, and, beside it, with an ordinary thread."""

import time

import variants
from rows import Table
from turns import Stand, Times, stands

KINDS = ("read-file", "recv", "send", "malloc", "putc", "shared_ptr")
GENERATIONS, ROUNDS = 4, 60


def run(quick):
    watched = "interval=50ms grace=1h"
    under = [
        (variants.ours("watch=off", name="none"), ()),
        (variants.ours("watch=off", name="none again"), ()),
        (variants.ours(watched, name="own"), ()),
        # A filter costs each system call something: so the shared table is set beside a program under the same.
        (variants.ours("watch=off", shared=True, name="filter"), ()),
        (variants.ours(watched, shared=True, name="shared"), ()),
        (variants.ours("watch=off", name="pthread"), ("thread",)),
    ]
    times = {kind: Times() for kind in KINDS}
    for _ in range(1 if quick else GENERATIONS):
        with stands(Stand(variant, variants.program("calls"), "slices", 1, *more) for variant, more in under) as opened:
            time.sleep(0.2)
            for kind in KINDS:
                times[kind].take_turns(opened, kind, 8 if quick else ROUNDS)
    table = Table("single_thread", "Nanoseconds that a second thread adds to a single-threaded program's calls")
    for kind, measured in times.items():
        own = measured.added("own", "none")
        table.add(kind, {
            "no watcher": measured.median("none"),
            "the same again": measured.added("none again", "none"),
            "own table": own,
            "shared table": measured.added("shared", "filter"),
            "pthread": measured.added("pthread", "none"),
        }, "own table: +1 ns", own <= 1)
    return [table]
