#!/usr/bin/python3
"""tests/bench/chart.py JSON SVG: draws what bench.py --json has written, with gnuplot."""

import json
import subprocess
import sys

BAR_FROM_NS = 0.5  # what is less is not to be told from nothing

SCRIPT = """
set terminal svg size 1000,820 font "sans-serif,13" background "white" noenhanced
set output "{svg}"
set multiplot layout 2,2
set style fill solid 0.85 noborder
set key left top
set grid ytics lc rgb "#dddddd"

set title "recv on a tracked socket: nanoseconds added to a call"
set logscale x
set format x "%.0s%c"
set xtics 1,10
set xrange [0.4:*]
set ytics nomirror
unset key
set grid xtics lc rgb "#dddddd"
set yrange [-0.6:{last_tool}]
plot $tools using (0.4):0:(0.4):2:($0-0.35):($0+0.35):yticlabels(1) with boxxyerror lc rgb "#4477aa"

set key left top
set xrange [50:100000]
set yrange [*:*]
set xlabel "idle tracked sockets"
set logscale y
set format y "%g"
set title "the watcher, percent of one CPU (interval=1s)"
plot $own using 1:2 with linespoints pt 7 lc rgb "#4477aa" title "own table", \\
     $shared using 1:2 with linespoints pt 5 lc rgb "#cc6677" title "shared table"

unset logscale y
set yrange [0:100]
set title "memory, bytes a socket"
plot $own using 1:3 with linespoints pt 7 lc rgb "#4477aa" title "own table", \\
     $shared using 1:3 with linespoints pt 5 lc rgb "#cc6677" title "shared table", \\
     64 with lines dt 2 lc rgb "#888888" title "goal"

set yrange [0:*]
set title "all peers finish at once: 99 of 100 are told after (ms beyond grace)"
plot $own using 1:4 with linespoints pt 7 lc rgb "#4477aa" title "own table", \\
     $shared using 1:4 with linespoints pt 5 lc rgb "#cc6677" title "shared table", \\
     2000 with lines dt 2 lc rgb "#888888" title "goal: two intervals"
"""


def block(name, rows):
    """A here-document of gnuplot's."""
    lines = [" ".join(f'"{cell}"' if isinstance(cell, str) else f"{cell:g}" for cell in row) for row in rows]
    return "\n".join([f"${name} << EOD", *lines, "EOD"])


def main(source, svg):
    with open(source, encoding="utf-8") as file:
        tables = {table["name"]: table["rows"] for table in json.load(file)["tables"]}
    bare = tables["alternatives"][0]["figures"]["recv, ns"]
    tools = [(row["what"], max(BAR_FROM_NS, row["figures"]["recv, ns"] - bare)) for row in tables["alternatives"]
             if not row["what"].startswith("bare")]
    data = [block("tools", sorted(tools, key=lambda tool: -tool[1]))]
    for name in ("own", "shared"):
        figures = [row["figures"] for row in tables["growth"] if row["what"] == f"{name} table"]
        data.append(block(name, [(one["sockets"], one["watcher, % of a CPU"] / one["processes"], one["bytes a socket"],
                                  one["p99, ms"]) for one in figures]))
    script = SCRIPT.format(svg=svg, last_tool=len(tools) - 0.4)
    subprocess.run(["gnuplot"], input="\n".join(data) + script, text=True, check=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
