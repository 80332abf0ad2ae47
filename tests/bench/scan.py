#!/usr/bin/python3
"""tests/bench/scan.py BUILD [SOCKETS]: how long `waitclose scan` takes with 20,000 sockets in CLOSE_WAIT, and as many
of their peers in FIN_WAIT2; ss and netstat (where there is one) beside it. In a network namespace of its own."""

import os
import resource
import shutil
import socket
import subprocess
import sys
import time

ROUNDS = 3 if os.environ.get("QUICK") else 10
SPARE = 50  # descriptors that a holder needs for itself
PER_ADDRESS = 10000  # connections from one address, which has some 28,000 ports for one peer


def hold(server, first, count):
    """In a child: so many connections, until we end it."""
    parent_sees, ready = os.pipe()
    child = os.fork()
    if child == 0:
        kept = []
        for number in range(first, first + count):
            kept.append(socket.socket())
            kept[-1].bind(("127.0.%d.1" % (1 + number // PER_ADDRESS), 0))
            kept[-1].connect(server.getsockname())
        os.write(ready, b"x")
        time.sleep(600)
        os._exit(0)
    os.close(ready)
    for _ in range(count):
        server.accept()[0].close()
    os.read(parent_sees, 1)
    os.close(parent_sees)
    return child


def measure(name, command):
    took = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        output = subprocess.run(command, shell=True, capture_output=True, text=True).stdout
        took.append(time.monotonic() - began)
    lines = output.count("\n")
    print("%-36s %6.0f ms   %7d lines, %9d bytes" % (name, 1000 * min(took), lines, len(output)), flush=True)


def main(build, sockets):
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    server = socket.create_server(("127.0.0.1", 0), backlog=1024)
    holders, held = [], 0
    try:
        while held < sockets:
            count = min(limit - SPARE, PER_ADDRESS, sockets - held)
            holders.append(hold(server, held, count))
            held += count
        print("%d sockets in CLOSE_WAIT, held by %d processes; the best of %d rounds" % (held, len(holders), ROUNDS))
        measure("waitclose scan", "%s/waitclose scan" % build)
        measure("waitclose scan --json", "%s/waitclose scan --json" % build)
        measure("ss -tanp", "ss -tanp")
        if shutil.which("netstat"):
            measure("netstat -anlp | grep CLOSE_WAIT", "netstat -anlp | grep CLOSE_WAIT")
    finally:
        for holder in holders:
            os.kill(holder, 9)
            os.waitpid(holder, 0)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if os.environ.get("WAITCLOSE_BENCH") != "inside":
        os.environ["WAITCLOSE_BENCH"] = "inside"
        os.execvp("unshare", ["unshare", "-n" if os.getuid() == 0 else "-rn", sys.executable, *sys.argv])
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20000)
