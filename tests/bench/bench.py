#!/usr/bin/python3
"""tests/bench/bench.py [--quick] [--json FILE] [--before LIBRARY] BUILD [PART...]
    what the library costs, and how soon it tells; beside another build's library, if one is named
tests/bench/bench.py BUILD explain KIND
    every instruction of one call under the library (KIND: programs/kinds.c)
tests/bench/bench.py BUILD show FILE
    the tables that --json has written

Each part is a file here of its name; without a PART all are run. Whatever is compared takes turns within one run, so
that a machine whose speed drifts, or that others use too, favours none. Beside a ratio stands that of two equal runs
("again"): what is nearer to 1 than this tells nothing. Goals are printed beside the figures, and never fail the run.
"""

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import time

import variants
from rows import Row, Table, text

PARTS = ("instructions", "calls", "alternatives", "single_thread", "cycle", "startup", "servers", "growth", "storm",
         "churn", "scan")


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {"kernel": platform.release(), "processor": models[0] if models else platform.machine(), "cores": os.cpu_count(), "load": os.getloadavg()[0]}


def in_words(about):
    return f"{about['processor']}, {about['cores']} cores, Linux {about['kernel']}, load {about['load']:.1f}"


def show(path):
    with open(path, encoding="utf-8") as file:
        figures = json.load(file)
    print(in_words(figures["machine"]))
    for table in figures["tables"]:
        rows = [Row(**row) for row in table["rows"]]
        print("\n" + text(Table(table["name"], table["title"], rows)))


def run_parts(parts, quick):
    tables = []
    for part in parts:
        began = time.monotonic()
        for table in importlib.import_module(part).run(quick):
            tables.append(table)
            print(text(table) + "\n", flush=True)
        print(f"  ({part}: {time.monotonic() - began:.0f} s)\n", flush=True)
    return tables


def in_own_network():
    """So that no port is taken, and no connection of others is counted. Runs this anew in it."""
    if os.environ.get("WAITCLOSE_BENCH") == "inside":
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    os.environ["WAITCLOSE_BENCH"] = "inside"
    os.execvp("unshare", ["unshare", "-n" if os.getuid() == 0 else "-rn", sys.executable, *sys.argv])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a minute in all")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--before", metavar="LIBRARY", help="another libwaitclose.so, to be measured beside")
    parser.add_argument("build")
    parser.add_argument("parts", nargs="*", metavar="PART")
    asked = parser.parse_intermixed_args()
    in_own_network()
    variants.use_build(asked.build, asked.before)
    if asked.parts[:1] == ["show"]:
        show(asked.parts[1])
        return
    if asked.parts[:1] == ["explain"]:
        importlib.import_module("instructions").explain(asked.parts[1])
        return
    unknown = set(asked.parts) - set(PARTS)
    if unknown:
        sys.exit(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    about = machine()
    print(in_words(about) + "\n")
    tables = run_parts(asked.parts or PARTS, asked.quick)
    if asked.json:
        with open(asked.json, "w", encoding="utf-8") as file:
            json.dump({"machine": about, "quick": asked.quick, "tables": [table.as_json() for table in tables]}, file,
                      indent=1, allow_nan=False)
            file.write("\n")


if __name__ == "__main__":
    main()
