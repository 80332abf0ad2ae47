"""instructions: what each call executes in user mode, counted one by one in a real run (programs/steps.c), and the
same by callgrind where valgrind can run it; `explain` prints them, with what each one is."""

import os
import re
import subprocess
import tempfile

import variants
from rows import Table

CALLS = 32
CROWD = 5000  # connections: 10,000 tracked sockets
SETTLE_MS, SETTLE_QUICK_MS = 300, 50
UNTRACKED = ("read-file", "write-file", "read-pipe", "write-pipe", "read-unix", "write-unix")
WRITES = ("send", "write-tcp", "sendmsg")
READS = ("recv", "read-tcp", "recvmsg")
BY_CALLGRIND = ("read-file", "write-file", "send", "again", "recv")
EVERYTHING = "stack=16 action=close format=json log=/dev/null interval=100ms"


def count_of(variant, kind, pairs=0, settle=0, calls=CALLS):
    """Instructions a call, loop included."""
    command = variant.loading(variants.program("calls"), "count", pairs, settle, kind, calls)
    done = subprocess.run([variants.program("steps"), *command], env=policy_only(variant), capture_output=True,
                          text=True, check=True)
    once, twice = map(int, done.stdout.split())
    return (twice - once) / calls


def policy_only(variant):
    return {key: value for key, value in variant.environment().items() if key != "LD_PRELOAD"}


def callgrind_of(variant, kind):
    """The same by callgrind: twice the calls, less the calls. Valgrind refuses a thread such as the watcher's."""
    totals = []
    for calls in (CALLS, 2 * CALLS):
        with tempfile.TemporaryDirectory() as folder:
            command = variant.loading(variants.program("calls"), "count", 0, 0, kind, calls)
            done = subprocess.run(
                ["valgrind", "--trace-children=yes", "--tool=callgrind", "--toggle-collect=make",
                 f"--callgrind-out-file={folder}/%p", *command],
                env=policy_only(variant) | {"WAITCLOSE": "watch=off"}, capture_output=True, text=True, check=True)
            totals.append(int(re.findall(r"Collected : (\d+)", done.stderr)[-1]))
    return (totals[1] - totals[0]) / (3 * CALLS)


def goal_for(kind):
    if kind == "again":
        return 15
    return 12 if kind in READS else 6


def run(quick):
    table = Table("instructions", "User instructions a call, and what is added to the forwarder's")
    kinds = UNTRACKED + WRITES + READS + ("again",)
    crowd, settle = (50, SETTLE_QUICK_MS) if quick else (CROWD, SETTLE_MS)
    for kind in kinds:
        bare, floor = (count_of(variant, kind) for variant in (variants.bare(), variants.floor()))
        here = count_of(variants.ours(), kind, 0, settle)
        crowded = count_of(variants.ours(EVERYTHING), kind, crowd, settle) if kind not in UNTRACKED else None
        by_callgrind = None
        if kind in (BY_CALLGRIND[-1:] if quick else BY_CALLGRIND):
            by_callgrind = callgrind_of(variants.ours(), kind) - callgrind_of(variants.floor(), kind)
        added = max(here, crowded or 0) - floor
        table.add(kind, {
            **{"before": count_of(one, kind, 0, settle) for one in variants.others_before()},
            "bare": bare, "forwarder": floor, "waitclose": here, "added": here - floor,
            "added, 10,000 sockets": crowded - floor if crowded else None, "added, callgrind": by_callgrind,
        }, f"+{goal_for(kind)} instructions", added <= goal_for(kind))
    return [table]


def explain(kind, under=None):
    """Every instruction of one call: the file it lies in, where, the function, and what it is."""
    under = under or variants.ours()
    command = under.loading(variants.program("calls"), "count", 0, SETTLE_MS, kind, 1)
    done = subprocess.run([variants.program("steps"), "-v", *command], env=policy_only(under), capture_output=True,
                          text=True, check=True)
    places = [line.rsplit("+", 1) for line in done.stdout.splitlines()[2:]]
    listings = {file: listing(file) for file in {file for file, _ in places}}
    steps = [(os.path.basename(file), *listings[file].get(int(offset, 16), ("?", "?")), offset) for file, offset in places]
    loop = [at for at, (_, function, _, _) in enumerate(steps) if function == "make"]
    begins = max(at for at in loop if steps[at][2].startswith("call   *"))
    ends = min(at for at in loop if at > begins)
    for number, (file, function, instruction, offset) in enumerate(steps[begins + 1:ends], 1):
        print(f"{number:4}  {file:18} {int(offset, 16):7x}  {function:24} {instruction}")


def listing(file):
    """Instructions by their offset in the file, with the exported function, or the symbol, they stand behind."""
    output = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "-F", file], capture_output=True, text=True).stdout
    found, function, shift = {}, "", 0
    for line in output.splitlines():
        if begins := re.match(r"([0-9a-f]+) <(.+)> \(File Offset: 0x([0-9a-f]+)\)", line):
            function, shift = begins[2], int(begins[3], 16) - int(begins[1], 16)
        elif one := re.match(r" *([0-9a-f]+):\s+(.*)", line):
            found[int(one[1], 16) + shift] = (function, one[2].split(" (File")[0])
    return found
